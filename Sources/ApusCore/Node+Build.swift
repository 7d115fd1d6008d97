/// How gradient rules and block bodies write graphs: shapes are theirs to get right, so a mistake stops the program.
extension Node {
  public static func build(_ op: Op, _ operands: Node...) -> Node { build(op, operands) }

  public static func build(_ op: Op, _ operands: [Node]) -> Node {
    do { return try make(op, operands) } catch { fatalError(error.description) }
  }

  /// A scalar constant.
  public static func constant(_ value: Double, _ dtype: DType) -> Node { build(.constant(Scalar(value, dtype))) }

  /// A constant of every element of `type`.
  public static func filled(_ value: Double, _ type: TensorType) -> Node {
    constant(value, type.dtype).broadcast(to: type.shape, axes: [])
  }

  public static func + (a: Node, b: Node) -> Node { build(.binary(.add), a, b) }
  public static func - (a: Node, b: Node) -> Node { build(.binary(.subtract), a, b) }
  public static func * (a: Node, b: Node) -> Node { build(.binary(.multiply), a, b) }
  public static func / (a: Node, b: Node) -> Node { build(.binary(.divide), a, b) }
  public static prefix func - (a: Node) -> Node { a.unary(.negate) }

  public func unary(_ op: Unary) -> Node { .build(.unary(op), self) }
  public func binary(_ op: Binary, _ other: Node) -> Node { .build(.binary(op), self, other) }
  public func compare(_ comparison: Comparison, _ other: Node) -> Node { .build(.compare(comparison), self, other) }

  /// The same with a scalar on the right.
  public func binary(_ op: Binary, _ value: Double) -> Node { binary(op, .filled(value, type)) }
  public func compare(_ comparison: Comparison, _ value: Double) -> Node { compare(comparison, .filled(value, type)) }

  public func select(_ a: Node, _ b: Node) -> Node { .build(.select, self, a, b) }
  public func convert(_ dtype: DType) -> Node { dtype == self.dtype ? self : .build(.convert(dtype), self) }

  public func broadcast(to shape: Shape, axes: [Int]) -> Node {
    shape == self.shape ? self : .build(.broadcastInDim(shape, axes: axes), self)
  }

  public func reshape(_ shape: Shape) -> Node { shape == self.shape ? self : .build(.reshape(shape), self) }

  public func transpose(_ permutation: [Int]) -> Node {
    permutation == Array(permutation.indices) ? self : .build(.transpose(permutation), self)
  }

  public func reduce(_ reduction: Reduction, axes: [Int]) -> Node {
    axes.isEmpty ? self : .build(.reduce(reduction, axes: axes), self)
  }

  public func sum(axes: [Int]) -> Node { reduce(.sum, axes: axes) }

  /// Reduced values put back over the shape they were reduced from.
  public func spread(over shape: Shape, reduced axes: [Int]) -> Node {
    broadcast(to: shape, axes: shape.indices.filter { !axes.contains($0) })
  }

  /// One result of a node that has several.
  public func output(_ index: Int) -> Node {
    types.count == 1 ? self : Node(op: .output(index), operands: [self], types: [types[index]])
  }
}
