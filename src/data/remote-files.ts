import type { RemoteFile } from "../files/download.js";

const MNIST_MIRRORS = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

function mnist(name: string, bytes: number, sha256: string): RemoteFile {
  return {
    name: `${name}.gz`,
    urls: MNIST_MIRRORS.map((mirror) => `${mirror}${name}.gz`),
    bytes,
    checksum: { algorithm: "sha256", hash: sha256, of: "content" },
  };
}

/** A file of which the MD5 is published. */
function published(url: string, bytes: number, md5: string): RemoteFile {
  return {
    name: url.slice(url.lastIndexOf("/") + 1),
    urls: [url],
    bytes,
    checksum: { algorithm: "md5", hash: md5, of: "file" },
  };
}

export const MNIST_FILES: readonly RemoteFile[] = [
  mnist(
    "train-images-idx3-ubyte",
    9912422,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  ),
  mnist(
    "train-labels-idx1-ubyte",
    28881,
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  ),
  mnist(
    "t10k-images-idx3-ubyte",
    1648877,
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  ),
  mnist(
    "t10k-labels-idx1-ubyte",
    4542,
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
  ),
];

export const CIFAR10_ARCHIVE: RemoteFile = {
  ...published(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    170052171,
    "c32a1d4ab5d03f1284b67883e8d87530",
  ),
  archive: { strip: 1 },
};

export const CIFAR100_ARCHIVE: RemoteFile = {
  ...published(
    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    168513733,
    "03b5dce01913d631647c71ecec9e9cb8",
  ),
  archive: { strip: 1 },
};

const SVHN = "https://ufldl.stanford.edu/housenumbers/";

export const SVHN_FILES: readonly RemoteFile[] = [
  published(`${SVHN}train_32x32.mat`, 182040794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
  published(`${SVHN}test_32x32.mat`, 64275384, "eb5a983be6a315427106f1b164d9cef3"),
];

export const SVHN_EXTRA_FILE: RemoteFile = published(
  `${SVHN}extra_32x32.mat`,
  1329278602,
  "a93ce644f1a588dc4d68dda5feec44a7",
);

export const CUB200_ARCHIVE: RemoteFile = {
  ...published(
    "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz",
    1150585339,
    "97eceeb196236b17998738112f37df78",
  ),
  archive: { strip: 0 },
};
