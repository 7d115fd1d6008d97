/// The primitives: the closed set of operations that a graph is made of, with StableHLO's semantics.
///
/// A new case makes the compiler list every place that must answer for it: shape rule, printer, gradient, reference,
/// CPU lowering and case table.
public enum Op: Hashable, Sendable {
  /// A value that exists: a buffer on a device.
  case value
  /// An input of a graph that is traced before its value exists.
  case parameter(TensorType)
  case constant(Scalar)
  /// Counts up along an axis.
  case iota(TensorType, axis: Int)
  /// Philox 4×32-10 bits (Salmon et al. 2011) of a `uint32[2]` key; `stream` separates uses of one key.
  case randomBits(Shape, stream: UInt32)
  /// Its operand; where a transform needs a node of its own.
  case identity
  /// Its operand, and no gradient.
  case stopGradient
  case unary(Unary)
  case binary(Binary)
  case compare(Comparison)
  /// `condition ? a : b`.
  case select
  case convert(DType)
  /// Operand axis `i` becomes axis `axes[i]` of the result; axes of size one are repeated.
  case broadcastInDim(Shape, axes: [Int])
  case reshape(Shape)
  /// Result axis `i` is operand axis `permutation[i]`.
  case transpose([Int])
  case slice(SliceBounds)
  /// Operands: the array and the scalar that fills.
  case pad(PadBounds)
  case concatenate(axis: Int)
  case reverse(axes: [Int])
  case reduce(Reduction, axes: [Int])
  /// Index (`int32`) of the first largest or smallest element along an axis, which disappears.
  case argReduce(ArgReduction, axis: Int)
  case dotGeneral(DotDimensions)
  case convolution(ConvolutionDimensions)
  case reduceWindow(Reduction, Window)
  /// Operands: the array and one source per window; each source is added where its window has its first largest
  /// (smallest) element. The gradient of max pooling.
  case selectAndScatter(ArgReduction, Window)
  /// The elements' bits read as another type; a wider or narrower one takes or gives a last axis.
  case bitcastConvert(DType)
  /// Operands: the array and its start, `int32[rank]`, moved so that the window lies inside.
  case dynamicSlice(sizes: [Int])
  /// Operands: the array, what is written into it, and its start, `int32[rank]`, moved so that it lies inside.
  case dynamicUpdateSlice
  /// Operands: the array and `int32` indices. Starts are moved so that windows of the given sizes lie inside.
  case gather(IndexDimensions, sizes: [Int])
  /// Operands: the array, `int32` indices, and updates. Windows that do not lie inside are left out, or moved inside
  /// with `clamps`.
  case scatter(ScatterKind, IndexDimensions, clamps: Bool)
  /// What the elements so far come to, each one included.
  case cumulative(Cumulative, axis: Int, isReversed: Bool)
  /// Indices (`int32`) of the first `count` elements along an axis in sorted order: stable, NaN as the largest.
  case argSort(axis: Int, isDescending: Bool, count: Int)
  /// Its first operand, computed after the others; no pass looks through it.
  case barrier
  case scan(Scan)
  case whileLoop(While)
  case conditional(Conditional)
  /// An operation whose kernel comes from outside.
  case custom(AnyCustom)
  /// A named composite with a body of primitives that a backend may replace by a kernel.
  case block(AnyBlock)
  /// One result of an operation that has several.
  case output(Int)
}

/// Which extreme is looked for.
public enum ArgReduction: String, Hashable, Sendable, CaseIterable {
  case max, min
}

/// A mistake in how an operation is used: which operation, on what, and why it cannot be.
public struct OpError: Error, Hashable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
