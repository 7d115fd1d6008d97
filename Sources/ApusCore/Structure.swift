/// The part of an operand that `slice` keeps: `start ..< limit` by `stride` on each axis.
public struct SliceBounds: Hashable, Sendable {
  public var start: [Int]
  public var limit: [Int]
  public var stride: [Int]

  public init(start: [Int], limit: [Int], stride: [Int]) {
    self.start = start
    self.limit = limit
    self.stride = stride
  }
}

/// What `pad` adds on each axis: `low` before, `high` after (both may be negative, which crops), and `interior`
/// between neighbours.
public struct PadBounds: Hashable, Sendable {
  public var low: [Int]
  public var high: [Int]
  public var interior: [Int]

  public init(low: [Int], high: [Int], interior: [Int]) {
    self.low = low
    self.high = high
    self.interior = interior
  }
}

/// Which axes of a general dot product are batch axes and which are summed over.
///
/// The result's axes are the batch axes, then the left operand's remaining ones, then the right's.
public struct DotDimensions: Hashable, Sendable {
  public var leftBatch: [Int]
  public var rightBatch: [Int]
  public var leftContracting: [Int]
  public var rightContracting: [Int]

  public init(leftBatch: [Int] = [], rightBatch: [Int] = [], leftContracting: [Int], rightContracting: [Int]) {
    self.leftBatch = leftBatch
    self.rightBatch = rightBatch
    self.leftContracting = leftContracting
    self.rightContracting = rightContracting
  }

  /// The left operand's axes that appear in the result after the batch axes.
  public func leftFree(rank: Int) -> [Int] {
    (0..<rank).filter { !leftBatch.contains($0) && !leftContracting.contains($0) }
  }

  /// The right operand's axes that appear last in the result.
  public func rightFree(rank: Int) -> [Int] {
    (0..<rank).filter { !rightBatch.contains($0) && !rightContracting.contains($0) }
  }
}

/// Sliding windows over all axes of an operand.
public struct Window: Hashable, Sendable {
  public var size: [Int]
  public var stride: [Int]
  public var padLow: [Int]
  public var padHigh: [Int]
  public var baseDilation: [Int]
  public var dilation: [Int]

  public init(
    size: [Int], stride: [Int]? = nil, padLow: [Int]? = nil, padHigh: [Int]? = nil, baseDilation: [Int]? = nil,
    dilation: [Int]? = nil
  ) {
    let ones = [Int](repeating: 1, count: size.count)
    let zeros = [Int](repeating: 0, count: size.count)
    self.size = size
    self.stride = stride ?? ones
    self.padLow = padLow ?? zeros
    self.padHigh = padHigh ?? zeros
    self.baseDilation = baseDilation ?? ones
    self.dilation = dilation ?? ones
  }

  public var rank: Int { size.count }

  /// How far the operand reaches on an axis, its padding and base dilation included.
  public func paddedSize(_ input: Int, axis: Int) -> Int {
    (input == 0 ? 0 : (input - 1) * baseDilation[axis] + 1) + padLow[axis] + padHigh[axis]
  }

  /// How far the window reaches on an axis, its dilation included.
  public func extent(axis: Int) -> Int { (size[axis] - 1) * dilation[axis] + 1 }

  /// How many windows fit on an axis: ⌊(padded − extent) / stride⌋ + 1, none when the window is larger (Dumoulin &
  /// Visin 2016, relationship 6, with dilation).
  public func count(_ input: Int, axis: Int) -> Int {
    let room = paddedSize(input, axis: axis) - extent(axis: axis)
    return room < 0 ? 0 : room / stride[axis] + 1
  }
}

/// A convolution of any layout, rank, stride, padding, dilation and grouping, as StableHLO's: a cross-correlation
/// unless the window is reversed. The gradients of a convolution are convolutions of other layouts.
public struct ConvolutionDimensions: Hashable, Sendable {
  /// The spatial window. `baseDilation` spreads the input, `dilation` the kernel.
  public var window: Window
  /// Which spatial axes of the kernel are read backwards.
  public var reversed: [Bool]
  public var inputBatch: Int
  public var inputFeature: Int
  public var inputSpatial: [Int]
  public var kernelInput: Int
  public var kernelOutput: Int
  public var kernelSpatial: [Int]
  public var outputBatch: Int
  public var outputFeature: Int
  public var outputSpatial: [Int]
  /// The features are cut into this many groups, each seen by its own share of the kernel's outputs.
  public var featureGroups: Int
  /// The batch is cut into this many groups, each seen by its own share of the kernel's outputs.
  public var batchGroups: Int

  /// Channels-last: input `[batch, spatial…, channels]`, kernel `[spatial…, inputs / groups, outputs]`.
  public init(channelsLast window: Window, groups: Int = 1) {
    let rank = window.rank
    self.window = window
    reversed = [Bool](repeating: false, count: rank)
    inputBatch = 0
    inputFeature = rank + 1
    inputSpatial = Array(1..<(rank + 1))
    kernelInput = rank
    kernelOutput = rank + 1
    kernelSpatial = Array(0..<rank)
    outputBatch = 0
    outputFeature = rank + 1
    outputSpatial = Array(1..<(rank + 1))
    featureGroups = groups
    batchGroups = 1
  }

  public var spatialRank: Int { window.rank }
}
