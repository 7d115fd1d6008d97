import ApusNN
import ApusTensor

/// Which parts of an image speak for a class.
public enum Attribution {
  /// How strongly each pixel moves the logit of a class: the largest magnitude of its gradient among the channels
  /// (Simonyan, Vedaldi & Zisserman 2014, section 3.1).
  ///
  /// - Parameter image: `[1, height, width, channels]`, as the model takes it.
  /// - Returns: `[height, width]`.
  public static func saliency(of model: any Layer, _ image: Tensor, label: Int) -> Tensor {
    if let mistake = mistake(model, image, label, "saliency") { return mistake }
    let gradient = Phase.with(.inference) { grad { model($0)[0, label] }(image) }
    return gradient.abs().max(axes: [0, 3])
  }

  /// Where a layer saw what speaks for a class: its channels, each by the mean of the logit's gradient over all places,
  /// added up, without what speaks against it (Selvaraju et al. 2017, equations 1 and 2).
  ///
  /// - Parameters:
  ///   - image: `[1, height, width, channels]`, as the model takes it.
  ///   - path: Of a layer that returns images: the last one unless given.
  /// - Returns: `[height', width']`, as many places as the layer has; nil where no layer of that path returns images.
  public static func gradCAM(of model: any Layer, _ image: Tensor, label: Int, path: String? = nil) -> Tensor? {
    if let mistake = mistake(model, image, label, "gradCAM") { return mistake }
    let maps = FeatureMap.all(of: model, image)
    guard let map = maps.last(where: { path == nil ? isSpatial($0.values) : $0.path == path }),
      let layer = model.namedChildren.first(where: { $0.path == map.path })?.module
    else { return nil }
    let identity = ObjectIdentifier(layer)
    // The logit's gradient with respect to the map is that with respect to what is added to it.
    let gradient = Phase.with(.inference) {
      grad { added in
        LayerProbe.with {
          $0 == identity && $1.shape == added.shape ? $1 + added : $1
        } body: {
          model(image)[0, label]
        }
      }(.zeros(map.values.shape))
    }
    let weights = gradient.mean(axes: [1, 2], keepDims: true)
    return (weights * map.values).sum(axis: 3)[0].relu()
  }

  /// Whether a layer's output has more than one place: what is after a global pooling has not.
  static func isSpatial(_ x: Tensor) -> Bool { x.shape[1] * x.shape[2] > 1 }

  private static func mistake(_ model: any Layer, _ image: Tensor, _ label: Int, _ name: String) -> Tensor? {
    guard image.rank == 4, image.shape[0] == 1 else {
      return .mistake("\(name): image \(image.shape), expected [1, height, width, channels]")
    }
    let logits = model(image)
    guard logits.rank == 2, 0..<logits.shape[1] ~= label else {
      return .mistake("\(name): class \(label) of logits \(logits.shape), expected [1, classes] with more classes")
    }
    return nil
  }
}
