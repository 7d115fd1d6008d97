import ApusNN
import ApusTensor

extension AdversarialNetworks {
  /// Deep convolutional networks for images `[batch, 28, 28, channels]` in −1…1 (Radford, Metz & Chintala 2015), with two
  /// levels in place of the paper's four for 64 × 64: 7 × 7, 14 × 14, 28 × 28.
  ///
  /// As the paper says: strides in place of pooling, batch normalisation but at the generator's output and the
  /// discriminator's input, ReLU and a tangent in the generator, leaky ReLU of slope 0.2 in the discriminator, weights
  /// normal with deviation 0.02 (and scales of normalisation normal about 1, as PyTorch's example has them).
  ///
  /// - Parameters:
  ///   - width: Channels at 14 × 14 of the generator and of the discriminator; twice as many at 7 × 7.
  ///   - normalizesDiscriminator: Not where its gradient is penalised: a penalty is of each example by itself
  ///     (Gulrajani et al. 2017, section 4).
  public static func convolutional(
    channels: Int = 1, latentSize: Int = 100, width: Int = 64, normalizesDiscriminator: Bool = true,
    key: inout RandomKey
  ) -> AdversarialNetworks {
    let initializer = Initializer.normal(standardDeviation: 0.02)
    func norm(_ channels: Int) -> BatchNorm {
      let norm = BatchNorm(channels)
      norm.weight = .normal([channels], mean: 1, standardDeviation: 0.02, key: &key)
      return norm
    }
    func raised(_ inputs: Int, _ outputs: Int, hasBias: Bool) -> ConvTranspose2D {
      ConvTranspose2D(
        inputs, outputs, kernel: 4, stride: 2, padding: 1, bias: hasBias, initializer: initializer, key: &key)
    }
    let generator = Sequential([
      Unflatten(axis: 1, [1, 1, latentSize]),
      ConvTranspose2D(latentSize, 2 * width, kernel: 7, bias: false, initializer: initializer, key: &key),
      norm(2 * width), ReLU(),
      raised(2 * width, width, hasBias: false), norm(width), ReLU(),
      raised(width, channels, hasBias: true), ActivationLayer(.tanh),
    ])
    var judging: [any Layer] = [
      Conv2D(channels, width, kernel: 4, stride: 2, padding: 1, initializer: initializer, key: &key),
      LeakyReLU(negativeSlope: 0.2),
      Conv2D(
        width, 2 * width, kernel: 4, stride: 2, padding: 1, bias: !normalizesDiscriminator, initializer: initializer,
        key: &key),
    ]
    if normalizesDiscriminator { judging.append(norm(2 * width)) }
    judging += [
      LeakyReLU(negativeSlope: 0.2), Conv2D(2 * width, 1, kernel: 7, initializer: initializer, key: &key), Flatten(),
    ]
    return AdversarialNetworks(generator: generator, discriminator: Sequential(judging), latentSize: latentSize)
  }
}
