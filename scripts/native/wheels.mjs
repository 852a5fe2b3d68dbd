/** The Python packages from which the native library is taken, with their checksums. */

const CPU_VERSION = '2.15.1';
const CUDA_VERSION = '2.21.0';
const tensorflow =
  (version) =>
  (name, platforms, megabytes, sha256, more = {}) => ({
    package: name,
    version,
    platforms,
    megabytes,
    sha256,
    ...more,
  });
const cpu = tensorflow(CPU_VERSION);
const cuda = tensorflow(CUDA_VERSION);

/** What computes on the processor. */
export const CPU_BUILD = {
  version: CPU_VERSION,
  wheels: {
    'linux-x64': cpu(
      'tensorflow-cpu',
      ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
      207,
      '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
    ),
    'linux-arm64': cpu(
      'tensorflow-cpu-aws',
      ['manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
      212,
      'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
    ),
    'darwin-arm64': cpu(
      'tensorflow',
      ['macosx_12_0_arm64'],
      206,
      'aa926114d1e13ffe5b2ea59c3f195216f26646d7fe36e9e5207b291e4b7902ff',
    ),
    'darwin-x64': cpu(
      'tensorflow',
      ['macosx_10_15_x86_64'],
      236,
      '6761efe511e6ee0f893f60738fefbcc51d6dc386eeaaafea59d21899ef369ffd',
    ),
  },
};

const nvidia = (library, version, megabytes, sha256) => ({
  package: `nvidia-${library}-cu12`,
  version,
  megabytes,
  sha256,
  platforms: [
    'manylinux_2_27_x86_64',
    'manylinux_2_17_x86_64',
    'manylinux2014_x86_64',
    'manylinux_2_12_x86_64',
    'manylinux2010_x86_64',
  ],
});

/**
 * What computes on an NVIDIA device, with the libraries of CUDA that it needs: nothing but the driver has to be
 * installed.
 */
export const CUDA_BUILD = {
  version: CUDA_VERSION,
  wheels: {
    'linux-x64': cuda(
      'tensorflow',
      ['manylinux_2_27_x86_64'],
      572,
      '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      {
        libraries: [
          nvidia('cuda-runtime', '12.9.79', 3, '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'),
          nvidia('cuda-nvrtc', '12.9.86', 90, '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'),
          nvidia('nvjitlink', '12.9.86', 40, 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'),
          nvidia('cublas', '12.9.1.4', 581, '453611eb21a7c1f2c2156ed9f3a45b691deda0440ec550860290dc901af5b4c2'),
          nvidia('cudnn', '9.10.2.21', 707, '949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8'),
          nvidia('cufft', '11.4.1.4', 201, 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'),
          nvidia('cusolver', '11.7.5.82', 338, '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'),
          nvidia('cusparse', '12.5.10.65', 366, '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'),
        ],
      },
    ),
  },
};
