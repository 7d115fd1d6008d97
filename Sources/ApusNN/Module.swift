import ApusTensor
import Synchronization

/// A part of a model: its parameters, and the modules it is made of.
///
/// Subclasses declare tensors with `@Parameter` and `@Buffer`, and children as plain properties (modules, optionals,
/// arrays and dictionaries of modules). Both are found by reflection once, in the order of declaration; their paths
/// (`fc1.weight`) are the keys of checkpoints. ``stateKeys`` names them differently from the properties.
open class Module: Stateful {
  private var found: (structure: Int, entries: [Entry])?
  /// Moves on whenever parameters are tied: what was found before counts no longer.
  static let structure = Atomic(0)

  public init() {}

  /// What properties are called in the keys of checkpoints, where that is not their name: PyTorch's `running_mean` is
  /// our `runningMean`.
  open var stateKeys: [String: StateKey] { [:] }

  /// Properties whose tensor PyTorch lays out differently.
  open var stateLayouts: [String: StateLayout] { [:] }

  /// A slot and where it is in the model.
  public struct Entry {
    public let path: String
    public let slot: ModuleSlot
    /// How PyTorch lays its tensor out.
    public let layout: StateLayout
  }

  /// Parameters and buffers that hold a tensor, each once: a module that is used twice, or a parameter that is tied to
  /// another, is found by its first path.
  public final var entries: [Entry] {
    let structure = Module.structure.load(ordering: .relaxed)
    if let found, found.structure == structure { return found.entries }
    var search = SlotSearch()
    search.visit(self, path: "")
    if search.entries.isEmpty, search.declaredNothing { search.explainMissingMetadata(self) }
    found = (structure, search.entries)
    return search.entries
  }

  /// Parameters and buffers by all their paths: what is shared comes as often as it is used.
  public final var sharedEntries: [Entry] {
    var search = SlotSearch(keepsShared: true)
    search.visit(self, path: "")
    return search.entries
  }

  /// The entries that optimizers update.
  public final var parameters: [Entry] { entries.filter(\.slot.isTrainable) }
  /// The entries that are saved but not trained.
  public final var buffers: [Entry] { entries.filter { !$0.slot.isTrainable } }
  /// How many numbers training changes.
  public final var parameterCount: Int { parameters.reduce(0) { $0 + $1.slot.tensor!.count } }

  public final var stateSlots: [Slot] { entries.map(\.slot) }

  /// The modules inside this one, each once, with their paths.
  public final var namedChildren: [(path: String, module: Module)] {
    var search = SlotSearch()
    search.visit(self, path: "")
    return Array(search.modules.dropFirst())
  }

  /// Keeps the parameters as they are: optimizers made afterwards leave them alone.
  public final func freeze() { freeze { _ in true } }

  /// Keeps some parameters as they are: optimizers made afterwards leave them alone.
  ///
  /// ```swift
  /// model.freeze { !$0.path.hasPrefix("head.") }
  /// ```
  public final func freeze(where isFrozen: (Entry) -> Bool) {
    for entry in entries where isFrozen(entry) { entry.slot.isTrainable = false }
  }

  /// Lets parameters be trained again, all of them unless told: optimizers made afterwards update them.
  public final func unfreeze(where isTrained: (Entry) -> Bool = { _ in true }) {
    for entry in entries where entry.slot.isParameter && isTrained(entry) { entry.slot.isTrainable = true }
  }

  /// Computes pending initial values now.
  public final func evaluate() { Tensor.evaluate(entries.map { $0.slot.tensor! }) }
}

/// How a property appears in the keys of checkpoints.
public enum StateKey: Hashable, Sendable {
  case named(String)
  /// Not at all: the elements of an array have their numbers alone, `0.weight`.
  case numbered
  /// Not at all, nor do numbers: the keys of the modules inside count as the owner's.
  case merged

  var component: String { if case .named(let name) = self { name } else { "" } }
}

/// A module that maps one tensor to another: what `Sequential` is made of.
public protocol Layer: Module {
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// The value of `loss`, and its gradient with respect to each parameter of the model, in the order of `parameters`.
public func valueAndGrad(_ model: Module, _ loss: () throws -> Tensor) rethrows -> (value: Tensor, gradients: [Tensor])
{
  let slots = model.parameters.map(\.slot)
  let saved = slots.map { $0.tensor! }
  defer { for (slot, tensor) in zip(slots, saved) { slot.tensor = tensor } }
  return try valueAndGradient(at: saved) { variables in
    for (slot, variable) in zip(slots, variables) { slot.tensor = variable }
    return try loss()
  }
}
