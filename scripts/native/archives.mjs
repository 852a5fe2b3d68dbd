/**
 * The libraries that @tensorflow/tfjs-node 4.22.0 downloads, with their checksums. TensorFlow publishes none; these are
 * the ones that nixpkgs (package mjolnir: all but the GPU's) and wamuir/graft (x64) pin for the same addresses. For
 * Windows, and for the ready-made bindings, no checksum is known.
 */
const released = (system, sha256) => ({
  path: `tensorflow/libtensorflow/libtensorflow-${system}-2.9.1.tar.gz`,
  sha256,
});
const built = (name, sha256) => ({ path: `tf-builds/libtensorflow_r2_7_${name}.tar.gz`, sha256 });

/** By platform and processor; `-gpu` for the build for NVIDIA devices. */
export const STOCK_ARCHIVES = {
  'linux-x64': released('cpu-linux-x86_64', '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173'),
  'linux-x64-gpu': released('gpu-linux-x86_64', '20c46f761d5905f592c4eac0812e8e50d9cb439f9440a9391912cf4c02ed8be8'),
  'linux-arm64': built('linux_arm64', '9395d1ff39f5b6847f5121e679ff4e599dc7061a2a7f87ceac061c78e908e6e3'),
  'darwin-x64': released('cpu-darwin-x86_64', '56f83d3320ba0f69aaafd6c058645e1b7fbc75fb9a3fc36d6be98de1291ca226'),
  'darwin-arm64': built('darwin_arm64_cpu', '13ab22b97e2af06e431aaeb7b42fb89981965dd01aa16da035d8210aa4183d79'),
};

/**
 * Where the archives are hosted; a mirror may be given as the package's own script allows, since downloads are
 * verified.
 */
export const archiveHost = () => {
  const { TFJS_NODE_CDN_STORAGE, CDN_STORAGE } = process.env;
  return TFJS_NODE_CDN_STORAGE || CDN_STORAGE || 'https://storage.googleapis.com/';
};
