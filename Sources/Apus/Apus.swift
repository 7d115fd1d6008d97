import ApusCPU
// `import Apus` brings every room that needs no system library, and the CPU as the default device.
@_exported import ApusData
@_exported import ApusFiles
@_exported import ApusFormats
@_exported import ApusModels
@_exported import ApusNN
@_exported import ApusOptim
@_exported import ApusRL
@_exported import ApusTensor
@_exported import ApusTraining
