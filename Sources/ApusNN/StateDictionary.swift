import ApusTensor

/// How PyTorch lays out a tensor that lies differently here.
public enum StateLayout: Hashable, Sendable {
  /// Not differently.
  case same
  /// A convolution's weight: ours `[kernel…, inputs, outputs]`, PyTorch's `[outputs, inputs, kernel…]`.
  case convolution
  /// A transposed convolution's weight: ours `[kernel…, inputs / groups, outputs]`, PyTorch's
  /// `[inputs, outputs / groups, kernel…]`.
  case transposedConvolution(groups: Int)
  /// Another order of the axes: PyTorch's first axis is our axis `axes[0]`.
  case permuted([Int])
  /// The weight of a linear layer after flattened images: our columns are in the order height, width, channels, PyTorch's
  /// in the order channels, height, width.
  case flattened(channels: Int, height: Int, width: Int)

  /// Our tensor as PyTorch has it.
  public func encoded(_ tensor: Tensor) -> Tensor {
    switch self {
    case .same: return tensor
    case .convolution, .permuted: return tensor.transposed(axes(tensor.rank))
    case .transposedConvolution(let groups):
      let (kernel, inputs, outputs) = (
        Array(tensor.shape.dropLast(2)), tensor.shape[tensor.rank - 2], tensor.shape.last!
      )
      let divided = tensor.reshaped(to: Shape(kernel + [inputs, groups, outputs / groups]))
      let rank = kernel.count
      return divided.transposed([rank + 1, rank, rank + 2] + Array(0..<rank)).reshaped(to: encodedShape(tensor.shape))
    case .flattened(let channels, let height, let width):
      let images = tensor.reshaped(to: [tensor.shape[0], height, width, channels])
      return images.transposed([0, 3, 1, 2]).reshaped(to: tensor.shape)
    }
  }

  /// PyTorch's tensor as we have it.
  public func decoded(_ tensor: Tensor) -> Tensor {
    switch self {
    case .same: return tensor
    case .convolution, .permuted:
      let axes = axes(tensor.rank)
      return tensor.transposed(axes.indices.map { axes.firstIndex(of: $0)! })
    case .transposedConvolution(let groups):
      let (kernel, inputs, outputs) = (Array(tensor.shape.dropFirst(2)), tensor.shape[0], tensor.shape[1])
      let divided = tensor.reshaped(to: Shape([groups, inputs / groups, outputs] + kernel))
      let places = Array(3..<3 + kernel.count)
      return divided.transposed(places + [1, 0, 2]).reshaped(to: Shape(kernel + [inputs / groups, groups * outputs]))
    case .flattened(let channels, let height, let width):
      let images = tensor.reshaped(to: [tensor.shape[0], channels, height, width])
      return images.transposed([0, 2, 3, 1]).reshaped(to: tensor.shape)
    }
  }

  /// The shape in PyTorch of a tensor that has `shape` here.
  func encodedShape(_ shape: Shape) -> Shape {
    switch self {
    case .same, .flattened: shape
    case .convolution, .permuted: Shape(axes(shape.rank).map { shape[$0] })
    case .transposedConvolution(let groups):
      Shape([shape[shape.rank - 2] * groups, shape.last! / groups] + shape.dropLast(2))
    }
  }

  private func axes(_ rank: Int) -> [Int] {
    if case .permuted(let axes) = self { return axes }
    return [rank - 1, rank - 2] + (0..<rank - 2)
  }
}

/// In what a state dictionary differs from a model.
public struct StateMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// A tensor of another shape than the model's.
  public struct WrongShape: Hashable, Sendable {
    public let name: String
    public let found: Shape
    public let expected: Shape
  }

  /// What the model is.
  public let model: String
  /// What the model has and the dictionary has not.
  public let missing: [String]
  /// What the dictionary has and the model has not.
  public let unexpected: [String]
  public let shapes: [WrongShape]

  public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && shapes.isEmpty }

  public var description: String {
    func list(_ names: [String]) -> String {
      names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }
    var problems: [String] = []
    if !missing.isEmpty { problems.append("missing: \(list(missing))") }
    if !unexpected.isEmpty { problems.append("unexpected: \(list(unexpected))") }
    if !shapes.isEmpty {
      problems.append("shapes: " + list(shapes.map { "\($0.name) is \($0.found), expected \($0.expected)" }))
    }
    return "not a state dictionary of \(model); " + problems.joined(separator: "; ")
  }
}

extension Module {
  /// Parameters and buffers as PyTorch's `state_dict` has them: its names, order and layouts; shared tensors by each of
  /// their names. The states of random numbers, which PyTorch does not save with a model, are left out.
  ///
  /// - Parameter layouts: Layouts of tensors by name, where a layer cannot know: that images were flattened before it.
  public final func stateDictionary(layouts: [String: StateLayout] = [:]) -> [(name: String, tensor: Tensor)] {
    sharedEntries.filter { !$0.isRandomState }
      .map { ($0.path, (layouts[$0.path] ?? $0.layout).encoded($0.slot.tensor!)) }
  }

  /// Takes over the tensors of a PyTorch `state_dict`, in PyTorch's layouts and in any floating-point type. Nothing is
  /// changed when it throws.
  ///
  /// - Parameters:
  ///   - isStrict: Whether missing and unexpected names are errors. Wrong shapes always are.
  ///   - layouts: Layouts of tensors by name, where a layer cannot know: that images were flattened before it.
  /// - Returns: What was missing or unexpected; a shared tensor is there when one of its names is.
  /// - Throws: ``StateMismatch``, with everything that is wrong.
  @discardableResult
  public final func load(
    stateDictionary: [String: Tensor], isStrict: Bool = true, layouts: [String: StateLayout] = [:]
  ) throws(StateMismatch) -> StateMismatch {
    let known = sharedEntries.filter { !$0.isRandomState }
    let paths = Set(known.map(\.path))
    let given = known.filter { stateDictionary[$0.path] != nil }
    let slots = Set(given.map { ObjectIdentifier($0.slot) })
    let model = "\(type(of: self))"
    let missing = known.filter { !slots.contains(ObjectIdentifier($0.slot)) }.map(\.path)
    let unexpected = stateDictionary.keys.filter { !paths.contains($0) }.sorted()
    let shapes = given.compactMap { entry -> StateMismatch.WrongShape? in
      let layout = layouts[entry.path] ?? entry.layout
      let expected = layout.encodedShape(entry.slot.tensor!.shape)
      let found = stateDictionary[entry.path]!.shape
      return found == expected ? nil : StateMismatch.WrongShape(name: entry.path, found: found, expected: expected)
    }
    let mismatch = StateMismatch(model: model, missing: missing, unexpected: unexpected, shapes: shapes)
    if !shapes.isEmpty || isStrict && !mismatch.isEmpty { throw mismatch }
    let new = given.map { entry in
      let layout = layouts[entry.path] ?? entry.layout
      return layout.decoded(stateDictionary[entry.path]!).cast(to: entry.slot.tensor!.dtype)
    }
    Tensor.evaluate(new)
    for (entry, tensor) in zip(given, new) { entry.slot.tensor = tensor }
    return mismatch
  }
}

extension Module.Entry {
  /// Whether it is the key of a stream of random numbers, as dropout keeps one.
  var isRandomState: Bool {
    guard let tensor = slot.tensor, !slot.isParameter else { return false }
    return tensor.dtype == .uint32 && tensor.shape == [2]
  }
}
