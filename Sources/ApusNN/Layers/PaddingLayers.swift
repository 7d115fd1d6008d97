import ApusTensor

/// What stands around the spatial axes of `[batch, spatial…, channels]`: the layers below say how.
public class SpatialPad: Module, Layer, ParameterFree {
  /// Before and after each spatial axis.
  public let widths: [(before: Int, after: Int)]
  /// Nil for a constant.
  private let mode: PaddingMode?
  private let value: Double

  fileprivate init(_ widths: [(before: Int, after: Int)], _ mode: PaddingMode?, value: Double = 0) {
    (self.widths, self.mode, self.value) = (widths, mode, value)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.rank == widths.count + 2 else {
      return .mistake(
        "\(type(of: self)): input \(x.shape), expected \(widths.count + 2) axes, [batch, spatial…, channels]")
    }
    let all = [(0, 0)] + widths.map { ($0.before, $0.after) } + [(0, 0)]
    return traced(mode.map { x.padded(all, mode: $0) } ?? x.padded(all, value: value))
  }
}

/// A number around sequences `[batch, time, channels]`. Negative widths crop.
public final class ConstantPad1D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int, value: Double) {
    super.init([(before: Int, after: Int)](repeating: (width, width), count: 1), nil, value: value)
  }

  public init(before: Int, after: Int, value: Double) { super.init([(before, after)], nil, value: value) }
}

/// A number around images `[batch, height, width, channels]`. Negative widths crop.
public final class ConstantPad2D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int, value: Double) {
    super.init([(before: Int, after: Int)](repeating: (width, width), count: 2), nil, value: value)
  }

  public init(top: Int, bottom: Int, left: Int, right: Int, value: Double) {
    super.init([(top, bottom), (left, right)], nil, value: value)
  }
}

/// A number around volumes `[batch, depth, height, width, channels]`. Negative widths crop.
public final class ConstantPad3D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int, value: Double) {
    super.init([(before: Int, after: Int)](repeating: (width, width), count: 3), nil, value: value)
  }

  public init(front: Int, back: Int, top: Int, bottom: Int, left: Int, right: Int, value: Double) {
    super.init([(front, back), (top, bottom), (left, right)], nil, value: value)
  }
}

/// Zeros around sequences `[batch, time, channels]`.
public final class ZeroPad1D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 1), nil) }

  public init(before: Int, after: Int) { super.init([(before, after)], nil) }
}

/// Zeros around images `[batch, height, width, channels]`.
public final class ZeroPad2D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 2), nil) }

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(top, bottom), (left, right)], nil)
  }
}

/// Zeros around volumes `[batch, depth, height, width, channels]`.
public final class ZeroPad3D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 3), nil) }

  public init(front: Int, back: Int, top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(front, back), (top, bottom), (left, right)], nil)
  }
}

/// A mirror image around, the edge not repeated, sequences `[batch, time, channels]`.
public final class ReflectionPad1D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 1), .reflect) }

  public init(before: Int, after: Int) { super.init([(before, after)], .reflect) }
}

/// A mirror image around, the edge not repeated, images `[batch, height, width, channels]`.
public final class ReflectionPad2D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 2), .reflect) }

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(top, bottom), (left, right)], .reflect)
  }
}

/// A mirror image around, the edge not repeated, volumes `[batch, depth, height, width, channels]`.
public final class ReflectionPad3D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 3), .reflect) }

  public init(front: Int, back: Int, top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(front, back), (top, bottom), (left, right)], .reflect)
  }
}

/// The edge again and again around sequences `[batch, time, channels]`.
public final class ReplicationPad1D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 1), .replicate) }

  public init(before: Int, after: Int) { super.init([(before, after)], .replicate) }
}

/// The edge again and again around images `[batch, height, width, channels]`.
public final class ReplicationPad2D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 2), .replicate) }

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(top, bottom), (left, right)], .replicate)
  }
}

/// The edge again and again around volumes `[batch, depth, height, width, channels]`.
public final class ReplicationPad3D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 3), .replicate) }

  public init(front: Int, back: Int, top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(front, back), (top, bottom), (left, right)], .replicate)
  }
}

/// The other end around sequences `[batch, time, channels]`.
public final class CircularPad1D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 1), .circular) }

  public init(before: Int, after: Int) { super.init([(before, after)], .circular) }
}

/// The other end around images `[batch, height, width, channels]`.
public final class CircularPad2D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 2), .circular) }

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(top, bottom), (left, right)], .circular)
  }
}

/// The other end around volumes `[batch, depth, height, width, channels]`.
public final class CircularPad3D: SpatialPad {
  /// The same on all sides.
  public init(_ width: Int) { super.init([(before: Int, after: Int)](repeating: (width, width), count: 3), .circular) }

  public init(front: Int, back: Int, top: Int, bottom: Int, left: Int, right: Int) {
    super.init([(front, back), (top, bottom), (left, right)], .circular)
  }
}
