import ApusNN
import ApusTensor
import ApusTraining

/// What a recipe for models of images is made of: models that learn codes of images, and models that make images.
public struct ImageModelWork: Sendable {
  /// `[height, width, channels]`
  public let imageShape: Shape
  /// What the model is made with, as `apus train` takes it.
  public let options: [ModelOption]
  /// How many epochs lie between two pictures of what the model makes.
  public let pictureInterval: Int
  /// A new model for images of so many classes, which most do not look at.
  public let makeModel:
    @Sendable (_ imageShape: Shape, _ classes: Int, _ settings: ModelSettings, _ key: inout RandomKey) ->
      any ImageModel

  public init(
    imageShape: Shape, options: [ModelOption] = [], pictureInterval: Int = 1,
    makeModel:
      @escaping @Sendable (
        _ imageShape: Shape, _ classes: Int, _ settings: ModelSettings, _ key: inout RandomKey
      ) -> any ImageModel
  ) {
    (self.imageShape, self.options, self.pictureInterval) = (imageShape, options, pictureInterval)
    self.makeModel = makeModel
  }

  /// Each option as it is unless told.
  public var usualSettings: ModelSettings {
    options.reduce(into: ModelSettings()) { $0[$1.name] = $1.usual }
  }
}

extension Recipe {
  /// The options of all recipes' models, each once.
  public static let modelOptions: [ModelOption] = {
    var known: Set<String> = []
    return all.flatMap(\.work.modelOptions).filter { known.insert($0.name).inserted }
  }()
}

extension Recipe.Work {
  /// What the model is made with, where that can be told.
  public var modelOptions: [ModelOption] { if case .imageModel(let work) = self { work.options } else { [] } }
}
