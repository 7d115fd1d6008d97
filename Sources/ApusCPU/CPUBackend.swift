import ApusCompiler
import ApusCore
import ApusRuntime
import CApusKernels

/// Backend 1, the default: fused programs and hand-written kernels on the processor's cores.
public struct CPUBackend: Backend {
  public init() {}

  public var name: String { "cpu" }

  public func compile(_ graph: Graph, donations: [Donation]) throws(OpError) -> any Executable {
    try Plan(CPUBackend.prepared(graph), donations: donations)
  }

  /// A plan of a graph inside of another, which writes its results where it is told.
  static func plan(_ graph: Graph) throws(OpError) -> Plan {
    try Plan(prepared(graph), donations: [], bringsOutputs: true)
  }

  static func prepared(_ graph: Graph) -> Graph {
    let inlined = inliningBlocks(graph) { hasKernel($0, $1) || (Activation($0) != nil && $1[0].dtype == .float32) }
    // Residuals that nobody reads are found once dead code is gone, and leave more of it behind.
    let pruned = pruningScans(simplifying(inlined))
    return swappingTransposedProducts(simplifying(wideningNarrowTypes(simplifying(pruned))))
  }

  /// The prepared graph with products that do what follows them. Activations that follow no product are inlined.
  static func fused(_ prepared: Graph) -> Graph {
    let fused = fusingEpilogues(prepared)
    let isLeftOver = fused.instructions.contains {
      if case .block(let block) = $0.op { Activation(block.block) != nil } else { false }
    }
    return isLeftOver ? simplifying(inliningBlocks(fused) { hasKernel($0, $1) || $0 is FusedProduct }) : fused
  }

  private static func hasKernel(_ block: any Block, _ operands: [TensorType]) -> Bool {
    (block as? any KernelBlock)?.hasKernel(for: operands) ?? false
  }

  /// How many threads compute.
  public static var threads: Int {
    get { Int(apus_pool_threads()) }
    set { apus_pool_set_threads(Int32(newValue)) }
  }

  /// The instruction set in use: `avx2`, `avx512`, `neon` or `baseline`.
  public static var instructionSet: String { String(cString: apus_isa_name(apus_isa_current())) }

  /// The rate at which all threads together copy memory, measured, in bytes read and written per second.
  public static func measureBandwidth() -> Double {
    let memory = Buffer(byteCount: 256 << 20)
    return apus_isa_measure_bandwidth(memory.pointer, memory.byteCount)
  }

  /// Multiply-add throughput of one thread, measured, in FLOP/s.
  public static func measurePeak() -> Double { apus_isa_measure_peak() }
}
