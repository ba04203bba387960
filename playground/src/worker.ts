import { serveClassifier } from "../../src/web.js";

serveClassifier();
