import Apus
import ApusImages

/// A picture of what a model makes of images, drawn again as training goes on.
struct TrainingPicture {
  /// As its files are called: `samples`.
  let name: String
  /// What it shows.
  let caption: String
  /// Called in the phase of inference, with averages in the place of parameters where there are such.
  let draw: () -> Image

  /// All that there is to be seen of a model.
  ///
  /// - Parameter testImages: `[count, height, width, channels]`
  static func all(of model: any ImageModel, testImages: Tensor) -> [TrainingPicture] {
    var pictures: [TrainingPicture] = []
    if let sampler = model as? any ImageSampler {
      pictures.append(
        TrainingPicture(name: "samples", caption: "made by the model, of the same random numbers in each picture") {
          Image(tiling: sampler.samples(SampleRequest(count: 64)), columns: 8)
        })
    }
    if let sampler = model as? any StepwiseImageSampler { pictures.append(stages(sampler)) }
    if let reconstructor = model as? any ImageReconstructor {
      pictures.append(reconstructions(reconstructor, testImages[..<min(10, testImages.shape[0])]))
    }
    return pictures
  }

  /// Images as they come out of noise, each a row.
  private static func stages(_ model: any StepwiseImageSampler) -> TrainingPicture {
    TrainingPicture(name: "stages", caption: "from noise to an image, each row one") {
      Image(stages: model.stages(SampleRequest(count: 6, seed: 1), count: 11))
    }
  }

  /// Test images above what the model gives back of them; between them what it is given, where that has noise.
  private static func reconstructions(_ model: any ImageReconstructor, _ images: Tensor) -> TrainingPicture {
    var key = RandomKey(1)
    let given = model.corrupted(images, key: &key).evaluated()
    let hasNoise = (given - images).abs().max().item() > 0
    return TrainingPicture(
      name: hasNoise ? "denoised" : "reconstructions",
      caption: hasNoise
        ? "test images, the same with noise, and what the model makes of those"
        : "test images, and what the model gives back of them"
    ) {
      let rows = [images] + (hasNoise ? [given] : []) + [model.reconstructed(given)]
      return Image(tiling: concatenate(rows, axis: 0), columns: images.shape[0])
    }
  }
}

extension Image {
  /// Stages of images `[count, stages, height, width, channels]`, a row for each image.
  init(stages: Tensor) {
    let count = stages.shape[0] * stages.shape[1]
    self.init(
      tiling: stages.reshaped(to: Shape([count] + stages.shape.dropFirst(2))), columns: stages.shape[1])
  }

  /// Images `[count, height, width, channels]` of samples in 0…1 (of one channel, or of three) side by side, in rows of so
  /// many, with dark lines between them.
  init(tiling images: Tensor, columns: Int, zoom: Int = 2) {
    let (count, height, width) = (images.shape[0], images.shape[1], images.shape[2])
    let channels = images.shape[3]
    let samples = images.cast(to: .float32).scalars(Float.self)
    let rows = max(1, (count + columns - 1) / columns)
    let cell = (height: height * zoom + 2, width: width * zoom + 2)
    let total = (height: rows * cell.height + 2, width: columns * cell.width + 2)
    var pixels = [UInt8](repeating: 64, count: total.height * total.width * channels)
    for number in 0..<count {
      let (top, left) = (number / columns * cell.height + 2, number % columns * cell.width + 2)
      for row in 0..<height * zoom {
        let source = (number * height + row / zoom) * width
        let target = (top + row) * total.width + left
        for column in 0..<width * zoom {
          for channel in 0..<channels {
            let sample = samples[(source + column / zoom) * channels + channel]
            // What is not a number is dark.
            let shade = sample > 0 ? min(sample, 1) : 0
            pixels[(target + column) * channels + channel] = UInt8((shade * 255).rounded())
          }
        }
      }
    }
    self.init(width: total.width, height: total.height, channels: channels, pixels: pixels)
  }
}
