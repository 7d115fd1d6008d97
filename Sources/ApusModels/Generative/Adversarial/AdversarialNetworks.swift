import ApusNN
import ApusTensor

/// A generator and a discriminator that work against each other (Goodfellow et al. 2014).
///
/// As a layer it maps noise `[batch, latentSize]` to what the discriminator makes of what is generated, `[batch, 1]`.
public final class AdversarialNetworks: Module, Layer {
  /// Noise `[batch, latentSize]` to examples `[batch, …]`.
  public let generator: any Layer
  /// Examples to one logit or score each, `[batch, 1]`.
  public let discriminator: any Layer
  /// How many numbers an example is generated from.
  public let latentSize: Int

  public init(generator: any Layer, discriminator: any Layer, latentSize: Int) {
    (self.generator, self.discriminator, self.latentSize) = (generator, discriminator, latentSize)
  }

  public func callAsFunction(_ noise: Tensor) -> Tensor { discriminator(generated(from: noise)) }

  /// Examples from noise `[batch, latentSize]`.
  public func generated(from noise: Tensor) -> Tensor {
    guard noise.rank == 2, noise.shape[1] == latentSize else {
      return .mistake("AdversarialNetworks: noise \(noise.shape), expected [batch, \(latentSize)]")
    }
    return generator(noise)
  }

  /// Perceptrons for images `[batch, height, width, channels]` in −1…1: rectifiers and a tangent that generate, leaky
  /// rectifiers with dropout that judge.
  ///
  /// - Parameters:
  ///   - imageShape: `[height, width, channels]`.
  ///   - hidden: The sizes of the generator's hidden layers; the discriminator's are the same backwards.
  ///   - dropout: Of the discriminator's hidden layers.
  public static func perceptrons(
    imageShape: Shape, latentSize: Int = 100, hidden: [Int] = [256, 512], dropout: Double = 0.3, key: inout RandomKey
  ) -> AdversarialNetworks {
    let pixels = imageShape.elementCount
    var (generator, discriminator): ([any Layer], [any Layer]) = ([], [Flatten()])
    for (inputs, outputs) in zip([latentSize] + hidden, hidden) {
      generator += [Linear(inputs, outputs, key: &key), ReLU()]
    }
    generator += [
      Linear(hidden.last ?? latentSize, pixels, key: &key), ActivationLayer(.tanh),
      Unflatten(axis: 1, Array(imageShape)),
    ]
    for (inputs, outputs) in zip([pixels] + hidden.reversed(), hidden.reversed()) {
      discriminator += [Linear(inputs, outputs, key: &key), LeakyReLU(negativeSlope: 0.2)]
      if dropout > 0 { discriminator.append(Dropout(dropout, key: &key)) }
    }
    discriminator.append(Linear(hidden.first ?? pixels, 1, key: &key))
    return AdversarialNetworks(
      generator: Sequential(generator), discriminator: Sequential(discriminator), latentSize: latentSize)
  }

  /// Perceptrons for points `[batch, features]`: what one learns the ideas on.
  public static func perceptrons(
    features: Int, latentSize: Int = 2, hidden: Int = 128, layers: Int = 3, key: inout RandomKey
  ) -> AdversarialNetworks {
    func perceptron(_ inputs: Int, _ outputs: Int, _ activation: () -> any Layer) -> Sequential {
      var parts: [any Layer] = []
      for number in 0..<layers { parts += [Linear(number == 0 ? inputs : hidden, hidden, key: &key), activation()] }
      return Sequential(parts + [Linear(hidden, outputs, key: &key)])
    }
    let generator = perceptron(latentSize, features) { ReLU() }
    let discriminator = perceptron(features, 1) { LeakyReLU(negativeSlope: 0.2) }
    return AdversarialNetworks(generator: generator, discriminator: discriminator, latentSize: latentSize)
  }
}
