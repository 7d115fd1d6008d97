import ApusTensor

/// A part of a model: its parameters, and the modules it is made of.
///
/// Subclasses declare tensors with `@Parameter` and `@Buffer`, and children as plain properties (modules, optionals,
/// arrays and dictionaries of modules). Both are found by reflection once, in the order of declaration; their paths
/// (`fc1.weight`) are the keys of checkpoints. ``stateKeys`` names them differently from the properties.
open class Module: Stateful {
  private var found: [Entry]?

  public init() {}

  /// What properties are called in the keys of checkpoints, where that is not their name: PyTorch's `running_mean` is
  /// our `runningMean`.
  open var stateKeys: [String: StateKey] { [:] }

  /// A slot and where it is in the model.
  public struct Entry {
    public let path: String
    public let slot: ModuleSlot
  }

  /// Parameters and buffers that hold a tensor, each once: a module that is used twice is found by its first path.
  public final var entries: [Entry] {
    if let found { return found }
    var search = SlotSearch()
    search.visit(self, path: "")
    if search.entries.isEmpty, search.declaredNothing { search.explainMissingMetadata(self) }
    found = search.entries
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
  public final func freeze() { for entry in entries { entry.slot.isTrainable = false } }

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
