import Apus
import ApusDrawing

extension FigureRecipe {
  /// What a trained model makes, a column for each class where it is told one.
  static let samples = FigureRecipe(
    name: "samples", summary: "images that a trained model makes, by class where it is told one",
    subject: .required("a run directory")
  ) { options in
    let (run, model) = try trainedSampler(options)
    let classes = (model as? any StepwiseImageSampler)?.classes ?? 0
    let (rows, columns) = (6, classes > 0 ? classes : 10)
    var request = SampleRequest(count: rows * columns, seed: options.seed)
    if classes > 0 { request.guidance = 1 }
    let images = Phase.with(.inference) { model.samples(request) }
    let names = run.run.configuration.classNames
    let pictures = (0..<request.count).map { number in
      let isNamed = classes > 0 && number >= (rows - 1) * columns
      return ImageGrid.Picture(shades(images[number]), label: isNamed ? names[number % columns] : "")
    }
    return Figure(
      "\(run.run.recipe.name) on \(run.run.configuration.dataset): made from noise",
      note: classes > 0 ? "Each column is told its class; guidance w = 1 (Ho & Salimans 2022)." : "",
      size: (Double(columns) * 84 + 28, Double(rows) * 92 + 70),
      [ImageGrid("", pictures, columns: columns, domain: 0...1)])
  }

  /// How images come out of noise.
  static let stages = FigureRecipe(
    name: "stages", summary: "images of a trained diffusion or flow as they come out of noise",
    subject: .required("a run directory")
  ) { options in
    let (run, model) = try trainedSampler(options)
    guard let model = model as? any StepwiseImageSampler else {
      throw run.run.mismatch(expected: "makes images step by step")
    }
    let (rows, steps) = (5, 50)
    let request = SampleRequest(count: rows, seed: options.seed, steps: min(steps, model.mostSteps ?? steps))
    let stages = Phase.with(.inference) { model.stages(request, count: 11) }
    let columns = stages.shape[1]
    let pictures = (0..<rows * columns).map { number in
      let (row, column) = number.quotientAndRemainder(dividingBy: columns)
      let label = row == rows - 1 ? "\(column * (request.steps ?? steps) / max(1, columns - 1))" : ""
      return ImageGrid.Picture(shades(stages[row, column]), label: label)
    }
    return Figure(
      "\(run.run.recipe.name) on \(run.run.configuration.dataset): out of noise", note: "After so many steps.",
      size: (Double(columns) * 84 + 28, Double(rows) * 88 + 70),
      [ImageGrid("", pictures, columns: columns, domain: 0...1)])
  }

  private static func trainedSampler(
    _ options: FigureOptions
  ) throws -> (run: TrainedImageModel, model: any ImageSampler) {
    let trained = try TrainedImageModel(options.subject ?? "")
    guard let model = trained.model as? any ImageSampler else { throw trained.run.mismatch(expected: "makes images") }
    return (trained, model)
  }

  /// The rows of an image `[height, width, channels]`, its channels averaged.
  private static func shades(_ image: Tensor) -> [[Double]] { image.mean(axis: 2).rows }
}
