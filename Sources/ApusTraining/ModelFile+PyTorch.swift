import ApusFormats
import ApusNN
import ApusTensor

extension Module {
  /// Loads a PyTorch `state_dict` that was saved as safetensors (`safetensors.torch.save_file` or `save_model`): layouts are
  /// converted, numbers become the model's type. Nothing is changed when it throws.
  ///
  /// - Parameters:
  ///   - isStrict: Whether missing and unexpected names are errors. Wrong shapes always are.
  ///   - prefix: What the names of this model start with in the file (`module.`); others are not looked at.
  ///   - layouts: Layouts of tensors by name, where a layer cannot know: that images were flattened before it.
  /// - Returns: What was missing or unexpected.
  /// - Throws: ``FileError``, or ``ModelMismatch`` with everything that is wrong.
  @discardableResult
  public func loadPyTorch(
    from path: String, isStrict: Bool = true, prefix: String = "", layouts: [String: StateLayout] = [:]
  ) throws -> StateMismatch {
    let file = try TensorFile(contentsOf: path)
    let named = file.tensors.filter { $0.name.hasPrefix(prefix) }
      .map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
    do throws(StateMismatch) {
      return try load(
        stateDictionary: Dictionary(uniqueKeysWithValues: named), isStrict: isStrict, layouts: layouts)
    } catch {
      throw ModelMismatch(description: "\(path): \(error)")
    }
  }

  /// Writes the model as a PyTorch `state_dict` in a safetensors file, whole or not at all:
  /// `model.load_state_dict(safetensors.torch.load_file(path))` reads it.
  ///
  /// - Parameter layouts: Layouts of tensors by name, where a layer cannot know: that images were flattened before it.
  public func savePyTorch(to path: String, layouts: [String: StateLayout] = [:]) throws {
    try TensorFile(stateDictionary(layouts: layouts), metadata: ["format": "pt"]).write(to: path)
  }
}
