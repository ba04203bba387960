import { datasetFolder, findDataset, isBuiltIn, isHere } from "../../data/catalog.js";
import { loadParts } from "../../experiment/plugins.js";
import { fetchFiles, megabytes } from "../fetch-dataset.js";

/** Lists the data sets. */
export async function list({ json, plugin }: { json?: boolean; plugin?: string[] }): Promise<void> {
  const { datasets } = await loadParts(plugin);
  const rows = datasets.map((entry) => {
    const { name, kind, description, source, licence, files } = entry;
    const folder = datasetFolder(name);
    return {
      ...{ name, kind, description, source, licence },
      obtain: entry.obtain ?? (isBuiltIn(entry) ? "built in" : `itaml data fetch ${name}`),
      here: isHere(entry, folder),
      ...(!isBuiltIn(entry) && { folder }),
      files,
    };
  });
  if (json) {
    console.log(JSON.stringify(rows, undefined, 2));
    return;
  }
  for (const { name, description, source, licence, obtain, files, here, folder } of rows) {
    const lines = [name, description, `${source}; licence: ${licence}`];
    if (folder === undefined) {
      lines.push("always here");
    } else {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const algorithm = files[0]?.checksum.algorithm;
      lines.push(
        algorithm
          ? `${obtain} (${megabytes(bytes)} MB, ${algorithm} known)`
          : `by hand, no checksum known: ${obtain}`,
        here ? `here: ${folder}` : "not here",
      );
    }
    console.log(lines.join("\n  "));
  }
}

/** Downloads a data set, and extracts what is in an archive. */
export async function fetchDataset(
  name: string,
  { data, plugin }: { data?: string; plugin?: string[] },
): Promise<void> {
  const { datasets } = await loadParts(plugin);
  const entry = findDataset(name, datasets);
  if (isBuiltIn(entry)) {
    console.log(`${name} is built in: there is nothing to fetch.`);
    return;
  }
  const folder = datasetFolder(name, data);
  await fetchFiles(entry, folder, console.log);
  console.log(`${name} is in ${folder}`);
}
