import ApusCore
import Synchronization

/// What turns graphs into programs for one kind of hardware.
public protocol Backend: Sendable {
  /// The name a user selects it by: `cpu`.
  var name: String { get }

  /// Makes a program of a graph. `donations` lists pairs of an input and the output that may take over its memory; the
  /// program says which of them it does. Throws when the graph needs what the backend lacks.
  func compile(_ graph: Graph, donations: [Donation]) throws(OpError) -> any Executable
}

/// An input whose memory one of the outputs may take over.
public struct Donation: Hashable, Sendable {
  public let input: Int
  public let output: Int

  public init(input: Int, output: Int) {
    self.input = input
    self.output = output
  }
}

/// A program that a backend made of a graph.
public protocol Executable: Sendable {
  /// The donations that are made use of: running overwrites these inputs and returns them as outputs.
  var donations: [Donation] { get }

  /// Computes the outputs. The caller is the only owner of each donated input.
  func run(_ inputs: [Buffer]) -> [Buffer]
}

/// Where tensors are computed.
public struct Device: Sendable {
  public let backend: any Backend

  public init(backend: any Backend) { self.backend = backend }

  public var name: String { backend.name }

  private static let registry = Mutex<[any Backend]>([])

  /// Makes a backend available; the first one is the default.
  public static func register(_ backend: any Backend) {
    registry.withLock { backends in
      if !backends.contains(where: { $0.name == backend.name }) { backends.append(backend) }
    }
  }

  /// The devices that can be used.
  public static var all: [Device] { registry.withLock { $0.map(Device.init) } }

  /// The device by that name, if there is one.
  public static func named(_ name: String) -> Device? { all.first { $0.name == name } }

  @TaskLocal private static var selected: Device?

  /// Where work goes unless `withDevice` says otherwise.
  public static var current: Device {
    if let selected { return selected }
    guard let first = registry.withLock({ $0.first }) else {
      fatalError("no device: link a backend (`import Apus` brings the CPU's)")
    }
    return Device(backend: first)
  }

  /// Evaluates what `body` forces on this device.
  public static func with<R>(_ device: Device, _ body: () throws -> R) rethrows -> R {
    try $selected.withValue(device, operation: body)
  }
}
