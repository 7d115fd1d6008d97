import Apus
import Testing

/// What classifiers make of images before they decide.
@Suite struct ClassifierFeaturesTests {
  @Test func featuresAreTheLastLayersInputs() throws {
    var key = RandomKey(4)
    let images = Tensor.uniform([3, 28, 28, 1], key: &key)
    let model = LeNet5(classes: 10, key: &key)
    let logits = model(images).evaluated()
    let features = try #require(ClassifierFeatures(model, classes: 10, example: images[0..<1]))
    let values = features(images)
    #expect(values.shape == [3, 84])
    // Rectified, as the last layer is given them.
    #expect(values.min().item() == 0)
    let gap = (features.probabilities(ofFeatures: values) - logits.softmax()).abs().max().item()
    #expect(gap < 1e-6)
  }

  @Test func modelsThatEndOtherwiseHaveNone() {
    var key = RandomKey(4)
    let scaled = Sequential {
      Flatten()
      Linear(16, 3, key: &key)
      ActivationLayer { $0 * 2 }
    }
    #expect(ClassifierFeatures(scaled, classes: 3, example: .ones([1, 4, 4, 1])) == nil)
    let none = Sequential { Conv2D(1, 3, kernel: 4, key: &key) }
    #expect(ClassifierFeatures(none, classes: 3, example: .ones([1, 4, 4, 1])) == nil)
  }
}
