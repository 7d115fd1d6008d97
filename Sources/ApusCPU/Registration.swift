import ApusRuntime

/// Called before `main` by a constructor of the kernels, so that linking the room is enough to compute on the CPU.
@c(apus_cpu_register)
public func registerCPUBackend() { Device.register(CPUBackend()) }
