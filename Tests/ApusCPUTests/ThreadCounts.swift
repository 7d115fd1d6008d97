import ApusCPU
import Synchronization

/// The number of threads is one for the process: whoever sets it does so alone.
private let setting = Mutex(())

/// What `body` gives on one thread, on two and on three, which is more than there is work for in places.
func onThreadCounts<R: Sendable>(_ counts: [Int] = [1, 2, 3], _ body: () throws -> R) rethrows -> [R] {
  try setting.withLock { _ in
    let before = CPUBackend.threads
    defer { CPUBackend.threads = before }
    return try counts.map { count in
      CPUBackend.threads = count
      return try body()
    }
  }
}
