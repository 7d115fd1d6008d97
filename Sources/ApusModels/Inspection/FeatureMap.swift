import ApusNN
import ApusTensor
import Synchronization

/// What one layer made of an image.
public struct FeatureMap: Sendable {
  /// Where the layer is in the model, as in the keys of checkpoints.
  public let path: String
  /// The layer's type.
  public let kind: String
  /// What it returned, `[1, height, width, channels]`.
  public let values: Tensor

  /// The maps of all layers that return images, in the order of their calls, as in inference. A layer that is called
  /// again comes again.
  ///
  /// - Parameter image: `[1, height, width, channels]`.
  public static func all(of model: any Layer, _ image: Tensor) -> [FeatureMap] {
    var places: [ObjectIdentifier: (path: String, kind: String)] = [:]
    for child in model.namedChildren {
      places[ObjectIdentifier(child.module)] = (child.path, "\(type(of: child.module))")
    }
    let outputs = Mutex<[(layer: ObjectIdentifier, output: Tensor)]>([])
    let result = LayerProbe.with { layer, output in
      outputs.withLock { $0.append((layer, output)) }
      return output
    } body: {
      Phase.with(.inference) { model(image) }
    }
    let maps = outputs.withLock { $0 }.compactMap { call -> FeatureMap? in
      guard call.output.rank == 4, let place = places[call.layer] else { return nil }
      return FeatureMap(path: place.path, kind: place.kind, values: call.output)
    }
    Tensor.evaluate(maps.map(\.values) + [result])
    return maps
  }
}

/// The weights of a convolution, as pictures.
public struct LearnedFilters: Sendable {
  /// Where the layer is in the model.
  public let path: String
  /// `[height, width, inputs, outputs]`
  public let weights: Tensor

  /// The filters of all convolutions of more than one place, in the order of the keys.
  public static func all(of model: Module) -> [LearnedFilters] {
    model.namedChildren.compactMap { child in
      guard let convolution = child.module as? Conv2D, convolution.weight.shape[0] * convolution.weight.shape[1] > 1
      else {
        return nil
      }
      return LearnedFilters(path: child.path, weights: convolution.weight)
    }
  }
}
