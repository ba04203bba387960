import { serveFeatures } from "../../src/web.js";

serveFeatures();
