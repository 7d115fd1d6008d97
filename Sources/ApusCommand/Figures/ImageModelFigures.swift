import Apus
import ApusDrawing
import ApusFiles
import ApusLinearAlgebra

extension FigureRecipe {
  /// Test images, and what a model and as many principal components give back of them.
  static let reconstructions = FigureRecipe(
    name: "reconstructions", summary: "what a model of images gives back of test images, beside principal components",
    subject: .required("a run directory")
  ) { options in
    let trained = try TrainedImageModel(options.subject ?? "")
    guard let model = trained.model as? any ImageReconstructor else {
      throw trained.run.mismatch(expected: "gives images back")
    }
    let data = try trained.data()
    let images = try trained.testImages(data, 10, from: options.seed)
    let back = Phase.with(.inference) { model.reconstructed(images) }
    var rows: [(name: String, images: Tensor)] = [("image", images), ("given back", back)]
    if let encoder = model as? any ImageEncoder {
      let size = Phase.with(.inference) { encoder.code(of: images).shape[1] }
      let samples = images[0].count
      if size < samples {
        let training = DataLoader(ImageExamples(data.train), batchSize: 500, sampling: .sequential).epoch(0)
        let batches = training.lazy.map { $0.tensors[0].reshaped(to: [$0.count, samples]) }
        let components = PrincipalComponents(ofBatches: batches, count: size)
        let flat = images.reshaped(to: [images.shape[0], samples])
        let linear = components.reconstructed(components.transformed(flat)).reshaped(to: images.shape)
        rows.append(("\(size) components", linear))
      }
    }
    return try trained.comparison("what is given back of test images", rows, with: images)
  }

  /// Images with noise, and what a denoising autoencoder makes of them.
  static let denoising = FigureRecipe(
    name: "denoising", summary: "test images with noise, and what a denoising autoencoder makes of them",
    subject: .required("a run directory")
  ) { options in
    let trained = try TrainedImageModel(options.subject ?? "")
    guard let model = trained.model as? DenoisingAutoencoder else {
      throw trained.run.mismatch(expected: "removes noise")
    }
    let images = try trained.testImages(trained.data(), 10, from: options.seed)
    var key = RandomKey(options.seed)
    let given = model.corrupted(images, key: &key).evaluated()
    let made = Phase.with(.inference) { model.reconstructed(given) }
    let rows: [(name: String, images: Tensor)] = [("image", images), ("with noise", given), ("without", made)]
    return try trained.comparison("noise removed", rows, with: images)
  }

  /// What an image becomes when one number of its code is changed.
  static let traversal = FigureRecipe(
    name: "traversal", summary: "what an image becomes as one number of its code after another is changed",
    subject: .required("a run directory")
  ) { options in
    let trained = try TrainedImageModel(options.subject ?? "")
    guard let model = trained.model as? any LatentImageModel else {
      throw trained.run.mismatch(expected: "makes images of codes")
    }
    let data = try trained.data()
    let codes = Phase.with(.inference) { model.code(of: trained.testBatch(data, 1000)) }
    let code = try Phase.with(.inference) { model.code(of: try trained.testImages(data, 1, from: options.seed)) }
    // The numbers that differ most from image to image say most.
    let deviations = (codes - codes.mean(axis: 0)).squared().mean(axis: 0).sqrt().doubles()
    let means = codes.mean(axis: 0).doubles()
    let order = deviations.indices.sorted { (deviations[$0], $1) > (deviations[$1], $0) }.prefix(8)
    let places = stride(from: -2.5, through: 2.5, by: 0.625).map { $0 }
    let rows = order.map { number -> (name: String, images: Tensor) in
      let changed = places.map { place -> Tensor in
        var values = code.doubles()
        values[number] = means[number] + place * deviations[number]
        return Tensor(values.map(Float.init), shape: code.shape)
      }
      return ("number \(number + 1)", Phase.with(.inference) { model.image(ofCode: concatenate(changed, axis: 0)) })
    }
    return try trained.figure(
      "along the code",
      note: "Each row changes one number from 2.5 deviations below its mean to 2.5 above; the others are "
        + "those of one test image.", rows)
  }

  /// What hidden units of the lowest layer look for.
  static let features = FigureRecipe(
    name: "features", summary: "the weights of the lowest layer of a model of images, unit by unit",
    subject: .required("a run directory")
  ) { options in
    let trained = try TrainedImageModel(options.subject ?? "")
    let shape = trained.work.imageShape
    let first = trained.model.parameters.first { entry in
      let weight = entry.slot.tensor!
      return weight.rank == 2 && weight.shape[1] == shape.elementCount
    }
    guard let first, shape[2] == 1 else {
      throw trained.run.mismatch(expected: "has a layer on all pixels of gray images")
    }
    let weights = first.slot.tensor!
    let pictures = (0..<min(64, weights.shape[0])).map { unit in
      ImageGrid.Picture(weights[unit].reshaped(to: [shape[0], shape[1]]).rows)
    }
    return Figure(
      "\(trained.run.recipe.name): \(first.path)", note: "Each picture in its own range, light is positive.",
      size: (820, 860), [ImageGrid("", pictures, columns: 8)])
  }
}

extension TrainedImageModel {
  /// Test images from one on that a seed names.
  fileprivate func testImages(_ data: ImageClassificationData, _ count: Int, from seed: UInt64) throws -> Tensor {
    let places = shuffledOrder(data.test.count, seed: seed, epoch: 0).prefix(count)
    return ImageExamples(data.test).batch(places.map { ExampleDraw(index: $0, key: 0) }).tensors[0]
  }

  /// The first test images.
  fileprivate func testBatch(_ data: ImageClassificationData, _ count: Int) -> Tensor {
    let draws = (0..<min(count, data.test.count)).map { ExampleDraw(index: $0, key: 0) }
    return ImageExamples(data.test).batch(draws).tensors[0]
  }

  /// Images, and below them what is made of them, with the mean squared errors of that.
  fileprivate func comparison(
    _ title: String, _ rows: [(name: String, images: Tensor)], with images: Tensor
  ) throws -> Figure {
    let facts = rows.dropFirst().map { row in
      (name: "squared error, \(row.name)", value: (row.images - images).squared().mean().item())
    }
    let note = facts.map { "\($0.name): \($0.value.significant(3))" }.joined(separator: "; ") + "."
    return try figure(title, note: note, rows, facts: facts)
  }

  /// Rows of images one below the other, each with its name.
  fileprivate func figure(
    _ title: String, note: String, _ rows: [(name: String, images: Tensor)],
    facts: [(name: String, value: Double)] = []
  ) throws -> Figure {
    guard work.imageShape[2] == 1 else { throw run.mismatch(expected: "models gray images") }
    let columns = rows.first?.images.shape[0] ?? 1
    let pictures = rows.flatMap { name, images in
      (0..<images.shape[0]).map { number in
        ImageGrid.Picture(images[number].squeezed([2]).rows, label: number == 0 ? name : "")
      }
    }
    let height = 110 + 100 * Double(rows.count)
    return Figure(
      "\(run.recipe.name): \(title)", note: note, size: (60 + 88 * Double(columns), height), facts: facts,
      [ImageGrid("", pictures, columns: columns, domain: 0...1)])
  }
}
