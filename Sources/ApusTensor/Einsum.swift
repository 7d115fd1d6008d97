import ApusCore

/// Sums of products by Einstein's convention: `einsum("bij,bjk->bik", a, b)` is the batched matrix product.
///
/// Each operand's axes are named by letters, separated by commas. Axes of one name run together; names that are missing
/// on the right of the arrow are summed over. A name that is repeated within an operand takes its diagonal. `...` stands
/// for further axes, which are broadcast. Without an arrow the result has, in alphabetical order after those of `...`,
/// the names that occur once. Several operands are joined in pairs, at each step the pair whose result is smallest
/// beside them.
public func einsum(_ equation: String, _ operands: Tensor...) -> Tensor { einsum(equation, operands) }

/// `einsum` of an array of operands.
public func einsum(_ equation: String, _ operands: [Tensor]) -> Tensor {
  do throws(OpError) {
    let parsed = try EinsumEquation(equation, operands.map(\.shape))
    let promoted = Tensor.promoted(operands)
    var factors: [EinsumFactor] = []
    for (tensor, labels) in zip(promoted, parsed.inputs) {
      factors.append(EinsumFactor(tensor, labels).takingDiagonals().droppingOnes(parsed.sizes))
    }
    while factors.count > 1 {
      let (first, second) = cheapestPair(factors, parsed)
      let right = factors.remove(at: second)
      let left = factors.remove(at: first)
      let kept = Set(factors.flatMap(\.labels) + parsed.output)
      factors.append(left.summing(keeping: kept.union(right.labels)).joined(right, keeping: kept))
    }
    return factors[0].summing(keeping: Set(parsed.output)).ordered(parsed.output)
  } catch {
    return Mistakes.report(error)
  }
}

/// The pair of factors whose product saves most memory.
private func cheapestPair(_ factors: [EinsumFactor], _ equation: EinsumEquation) -> (Int, Int) {
  var best = (0, 1)
  var bestCost = Double.infinity
  for second in factors.indices {
    for first in 0..<second {
      let others = factors.indices.filter { $0 != first && $0 != second }.flatMap { factors[$0].labels }
      let kept = Set(others + equation.output)
      let union = Set(factors[first].labels).union(factors[second].labels).intersection(kept)
      let result = union.reduce(1.0) { $0 * Double(equation.sizes[$1]!) }
      let cost = result - Double(factors[first].tensor.count) - Double(factors[second].tensor.count)
      if cost < bestCost {
        best = (first, second)
        bestCost = cost
      }
    }
  }
  return best
}

/// An equation's axes by name. The axes of an ellipsis are named by their place from the right.
private struct EinsumEquation {
  enum Label: Hashable {
    case letter(Character)
    case further(Int)
  }

  var inputs: [[Label]] = []
  var output: [Label] = []
  var sizes: [Label: Int] = [:]

  init(_ equation: String, _ shapes: [Shape]) throws(OpError) {
    func wrong(_ message: String) -> OpError { OpError("einsum: \"\(equation)\": \(message)") }
    let text = equation.filter { !$0.isWhitespace }
    var (left, right): (Substring, Substring?) = (text[...], nil)
    if let arrow = text.firstIndex(of: "-") {
      let end = text.index(after: arrow)
      guard end < text.endIndex, text[end] == ">" else { throw wrong("a `-` that is not part of `->`") }
      left = text[..<arrow]
      right = text[text.index(after: end)...]
    }
    let terms = left.split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == shapes.count, !shapes.isEmpty else {
      throw wrong("names \(terms.count) operands, given \(shapes.count)")
    }
    var furthest = 0
    for (term, shape) in zip(terms, shapes) {
      let (letters, ellipsis) = try EinsumEquation.letters(term, wrong)
      let extra = shape.rank - letters.count
      guard ellipsis != nil ? extra >= 0 : extra == 0 else {
        throw wrong("`\(term)` names \(letters.count) axes of \(shape), which has \(shape.rank)")
      }
      var labels = letters.map(Label.letter)
      if let ellipsis {
        labels.insert(contentsOf: (0..<extra).reversed().map(Label.further), at: ellipsis)
        furthest = Swift.max(furthest, extra)
      }
      for (label, size) in zip(labels, shape) {
        let known = sizes[label] ?? 1
        guard known == size || known == 1 || size == 1 else {
          throw wrong("axis \(EinsumEquation.name(label)) has sizes \(known) and \(size)")
        }
        sizes[label] = known == 1 ? size : known
      }
      inputs.append(labels)
    }
    let further = (0..<furthest).reversed().map(Label.further)
    if let right {
      let (letters, ellipsis) = try EinsumEquation.letters(right, wrong)
      for letter in letters where sizes[.letter(letter)] == nil {
        throw wrong("`\(letter)` of the result is not an axis of any operand")
      }
      guard Set(letters).count == letters.count else { throw wrong("an axis of the result is repeated") }
      output = letters.map(Label.letter)
      if let ellipsis { output.insert(contentsOf: further, at: ellipsis) }
      if ellipsis == nil, furthest > 0 { throw wrong("the result lacks the operands' `...`") }
    } else {
      let letters = left.filter(\.isLetter)
      output =
        further + Set(letters).filter { letter in letters.count { $0 == letter } == 1 }.sorted().map(Label.letter)
    }
  }

  /// A term's letters, and where among them the ellipsis stands.
  private static func letters(
    _ term: Substring, _ wrong: (String) -> OpError
  ) throws(OpError) -> (letters: [Character], ellipsis: Int?) {
    var letters: [Character] = []
    var ellipsis: Int?
    var rest = term
    while let character = rest.first {
      if rest.hasPrefix("...") {
        guard ellipsis == nil else { throw wrong("more than one `...` in `\(term)`") }
        ellipsis = letters.count
        rest = rest.dropFirst(3)
      } else {
        guard character.isASCII, character.isLetter else { throw wrong("`\(character)` is not a letter") }
        letters.append(character)
        rest = rest.dropFirst()
      }
    }
    return (letters, ellipsis)
  }

  private static func name(_ label: Label) -> String {
    switch label {
    case .letter(let letter): "`\(letter)`"
    case .further(let place): "\(-1 - place) of `...`"
    }
  }
}

/// A tensor with named axes.
private struct EinsumFactor {
  typealias Label = EinsumEquation.Label

  var tensor: Tensor
  var labels: [Label]

  init(_ tensor: Tensor, _ labels: [Label]) {
    self.tensor = tensor
    self.labels = labels
  }

  /// Each name once: repeated ones run along the diagonal.
  func takingDiagonals() -> EinsumFactor {
    var result = self
    while let second = result.labels.indices.first(where: { result.labels[..<$0].contains(result.labels[$0]) }) {
      let label = result.labels[second]
      let first = result.labels.firstIndex(of: label)!
      let (n, m) = (result.tensor.shape[first], result.tensor.shape[second])
      var x = result.tensor
      // An axis of size one is broadcast over the other.
      if n != m {
        var wide = x.shape
        (wide[first], wide[second]) = (Swift.max(n, m), Swift.max(n, m))
        x = x.broadcast(to: wide)
      }
      let rest = result.labels.indices.filter { $0 != first && $0 != second }.map { result.labels[$0] }
      result = EinsumFactor(x.diagonal(axes: (first, second)), rest + [label])
    }
    return result
  }

  /// Without axes of size one that other operands have longer: they are the same all along it.
  func droppingOnes(_ sizes: [Label: Int]) -> EinsumFactor {
    let axes = labels.indices.filter { tensor.shape[$0] == 1 && sizes[labels[$0]] != 1 }
    if axes.isEmpty { return self }
    return EinsumFactor(
      tensor.reshaped(to: tensor.shape.removing(axes)), labels.indices.filter { !axes.contains($0) }.map { labels[$0] })
  }

  func summing(keeping kept: Set<Label>) -> EinsumFactor {
    let axes = labels.indices.filter { !kept.contains(labels[$0]) }
    if axes.isEmpty { return self }
    return EinsumFactor(tensor.sum(axes: axes), labels.filter(kept.contains))
  }

  /// The product with another factor, summed over what is not needed any more.
  func joined(_ other: EinsumFactor, keeping kept: Set<Label>) -> EinsumFactor {
    let right = other.summing(keeping: kept.union(labels))
    let shared = labels.filter(right.labels.contains)
    let batch = shared.filter(kept.contains)
    let contracted = shared.filter { !kept.contains($0) }
    let (leftFree, rightFree) = (labels.filter { !shared.contains($0) }, right.labels.filter { !shared.contains($0) })
    let all = batch + leftFree + rightFree
    if contracted.isEmpty { return EinsumFactor(spread(over: all) * right.spread(over: all), all) }
    func axes(_ names: [Label], of factor: EinsumFactor) -> [Int] { names.map { factor.labels.firstIndex(of: $0)! } }
    let dimensions = DotDimensions(
      leftBatch: axes(batch, of: self), rightBatch: axes(batch, of: right),
      leftContracting: axes(contracted, of: self), rightContracting: axes(contracted, of: right))
    return EinsumFactor(.apply(.dotGeneral(dimensions), tensor, right.tensor), all)
  }

  /// The axes in the order of `all`, with axes of size one for those that are missing.
  private func spread(over all: [Label]) -> Tensor {
    let present = all.filter(labels.contains)
    let x = ordered(present)
    return x.reshaped(to: Shape(all.map { present.firstIndex(of: $0).map { x.shape[$0] } ?? 1 }))
  }

  func ordered(_ order: [Label]) -> Tensor {
    order == labels ? tensor : tensor.transposed(order.map { labels.firstIndex(of: $0)! })
  }
}
