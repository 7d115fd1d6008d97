import ApusTensor

/// Finds the slots of a module by reflection and checks how they are declared.
struct SlotSearch {
  private(set) var entries: [Module.Entry] = []
  /// Every module met, with its path.
  private(set) var modules: [(path: String, module: Module)] = []
  private(set) var declaredNothing = true
  /// Whether what is shared is met again at each of its paths.
  private let keepsShared: Bool
  private var seen: Set<ObjectIdentifier> = []
  private var paths: Set<String> = []

  init(keepsShared: Bool = false) { self.keepsShared = keepsShared }

  mutating func visit(_ module: Module, path: String) {
    // A shared module is one module: its first path wins.
    guard seen.insert(ObjectIdentifier(module)).inserted else { return }
    // Not twice inside of itself.
    defer { if keepsShared { seen.remove(ObjectIdentifier(module)) } }
    modules.append((path, module))
    var levels: [Mirror] = []
    var next: Mirror? = Mirror(reflecting: module)
    while let mirror = next, mirror.subjectType != Module.self {
      levels.append(mirror)
      next = mirror.superclassMirror
    }
    for case (let label?, let value) in levels.reversed().flatMap(\.children) {
      declaredNothing = false
      // A property wrapper's storage is named with a leading underscore.
      let name = label.hasPrefix("_") ? String(label.dropFirst()) : label
      let key = module.stateKeys[name] ?? .named(name)
      visit(value, path: join(path, key.component), key: key, owner: module, property: name)
    }
  }

  private mutating func visit(_ value: Any, path: String, key: StateKey, owner: Module, property: String) {
    switch value {
    case let slot as ModuleSlot:
      let isNew = seen.insert(ObjectIdentifier(slot.source)).inserted
      guard slot.tensor != nil, isNew || keepsShared else { return }
      guard paths.insert(path).inserted else {
        fatalError("\(type(of: owner)).\(property): two parameters have the key \(path). Rename one of them")
      }
      entries.append(Module.Entry(path: path, slot: slot.source, layout: owner.stateLayouts[property] ?? .same))
    case let child as Module: visit(child, path: path)
    case is Tensor:
      fatalError(
        "\(type(of: owner)).\(property) is a bare Tensor, which training and checkpoints don't see. Write `@Parameter var "
          + "\(property): Tensor` if it is trained, `@Buffer var \(property): Tensor` if it is only saved")
    default: visitContainer(value, path: path, key: key, owner: owner, property: property)
    }
  }

  private mutating func visitContainer(
    _ value: Any, path: String, key: StateKey, owner: Module, property: String
  ) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .collection, .tuple:
      for (number, child) in mirror.children.enumerated() {
        let place = key == .merged ? path : join(path, "\(number)")
        visit(child.value, path: place, key: key, owner: owner, property: property)
      }
    case .optional:
      for child in mirror.children {
        visit(child.value, path: path, key: key, owner: owner, property: property)
      }
    case .dictionary:
      let pairs = mirror.children.map { Mirror(reflecting: $0.value).children.map(\.value) }
      // A dictionary has no order of its own: keys are sorted so that slots always come in the same one.
      for pair in pairs.sorted(by: { "\($0[0])" < "\($1[0])" }) {
        visit(pair[1], path: join(path, "\(pair[0])"), key: key, owner: owner, property: property)
      }
    default: break
    }
  }

  private func join(_ path: String, _ component: String) -> String {
    path.isEmpty || component.isEmpty ? path + component : "\(path).\(component)"
  }

  /// A subclass with no properties at all is either without parameters or stripped of its reflection metadata.
  func explainMissingMetadata(_ module: Module) {
    if module is any ParameterFree { return }
    fatalError(
      "\(type(of: module)) declares no properties that reflection can see. If it has some, the program was built with "
        + "-disable-reflection-metadata; if it has none, let it conform to ParameterFree")
  }
}

/// A module that has nothing to train or save by design, such as an activation.
public protocol ParameterFree: Module {}
