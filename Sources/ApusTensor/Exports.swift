@_exported import enum ApusCore.DType
@_exported import struct ApusCore.OpError
// The rooms above see shapes and types through this one.
@_exported import struct ApusCore.Shape
@_exported import struct ApusCore.TensorType
@_exported import struct ApusRuntime.Device
@_exported import struct ApusRuntime.MemoryUse
