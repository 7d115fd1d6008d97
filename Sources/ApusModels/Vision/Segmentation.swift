import ApusNN
import ApusOptim
import ApusTensor

/// Pictures in which each pixel has a class: four images of things on a noisy ground.
public struct SegmentationScenes {
  /// `[scenes, 2 · height, 2 · width, channels]`, in 0…1 but for the noise.
  public let images: Tensor
  /// `int32[scenes, 2 · height, 2 · width]`: 0 of the ground, and of each thing one more than its label.
  public let labels: Tensor

  /// Every four images, side by side and one above the other.
  ///
  /// - Parameters:
  ///   - things: `[4 · scenes, height, width, channels]` in 0…1, on a ground of 0.
  ///   - labels: Their classes, `int32[4 · scenes]`.
  ///   - noise: The deviation of what is added to all pixels.
  ///   - threshold: How bright a pixel of a thing is at least.
  public init(_ things: Tensor, labels: Tensor, noise: Double = 0.1, threshold: Double = 0.1, key: inout RandomKey) {
    guard things.rank == 4, labels.shape == [things.shape[0]], things.shape[0] % 4 == 0 else {
      (images, self.labels) = (
        .mistake("SegmentationScenes: images \(things.shape) with labels \(labels.shape), expected four to a scene"),
        labels
      )
      return
    }
    let isThing = (things .> threshold).any(axis: 3)
    let classes = select(isThing, (labels + 1).reshaped(to: [-1, 1, 1]).broadcast(to: isThing.shape), 0)
    let pictures = SegmentationScenes.joined(things)
    images = pictures + .normal(pictures.shape, standardDeviation: noise, key: &key)
    self.labels = SegmentationScenes.joined(classes.expandingAxis(3)).squeezed([3])
  }

  /// `[4n, height, width, channels]` to `[n, 2 · height, 2 · width, channels]`.
  private static func joined(_ x: Tensor) -> Tensor {
    let (count, height, width, channels) = (x.shape[0] / 4, x.shape[1], x.shape[2], x.shape[3])
    return x.reshaped(to: [count, 2, 2, height, width, channels]).transposed([0, 1, 3, 2, 4, 5])
      .reshaped(to: [count, 2 * height, 2 * width, channels])
  }
}

/// How well pixels are classified: which class was taken for which.
public struct SegmentationScore: Hashable, Sendable {
  /// Row: the true class; column: the predicted one.
  public private(set) var confusion: [[Int]]

  public init(classes: Int) { confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes) }

  /// Counts pixels: logits `[…, classes]` and labels `[…]`.
  public mutating func add(_ logits: Tensor, _ labels: Tensor) {
    let classes = confusion.count
    let pairs = labels.cast(to: .int32) * classes + logits.argMax().cast(to: .int32)
    for pair in pairs.scalars(Int32.self) { confusion[Int(pair) / classes][Int(pair) % classes] += 1 }
  }

  /// The share of pixels whose class is right.
  public var accuracy: Double {
    let right = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
    return Double(right) / Double(max(1, confusion.joined().reduce(0, +)))
  }

  /// Of each class the pixels that are both truly and predicted of it, as a share of those that are either; nil for a class
  /// that never comes.
  public var intersectionOverUnion: [Double?] {
    confusion.indices.map { label in
      let (both, rows) = (confusion[label][label], confusion[label].reduce(0, +))
      let union = rows + confusion.reduce(0) { $0 + $1[label] } - both
      return union == 0 ? nil : Double(both) / Double(union)
    }
  }

  /// The mean of ``intersectionOverUnion`` over the classes that come.
  public var meanIntersectionOverUnion: Double {
    let shares = intersectionOverUnion.compactMap { $0 }
    return shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
  }
}
