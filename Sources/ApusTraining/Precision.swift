import ApusNN
import ApusOptim
import ApusTensor

/// What a loss and its gradients are computed in. Parameters and moments stay in single precision (Micikevicius et al.
/// 2018).
public enum Precision {
  /// As the model is.
  case full
  /// Half the memory and the range of single precision.
  case bfloat16
  /// Half the memory and a narrow range: the scaler keeps small gradients from vanishing.
  case float16(LossScaler)

  var dtype: DType? {
    switch self {
    case .full: nil
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }

  var scaler: LossScaler? { if case .float16(let scaler) = self { scaler } else { nil } }

  /// The tensor as the loss is given it.
  func narrowed(_ tensor: Tensor) -> Tensor {
    guard let dtype, tensor.dtype == .float32 else { return tensor }
    return tensor.cast(to: dtype)
  }
}

extension Objective {
  /// The loss of a batch, and the gradient of (the scaled) loss with respect to each parameter.
  func lossAndGradients(_ batch: [Tensor]) -> (result: BatchLoss, gradients: [Tensor]) {
    var result = BatchLoss(Tensor(0))
    let inputs = batch.map(precision.narrowed)
    guard let dtype = precision.dtype else {
      let (_, gradients) = valueAndGrad(model) {
        result = loss(inputs)
        return result.loss
      }
      return (result, gradients)
    }
    let (_, gradients) = valueAndGrad(model, computingIn: dtype) {
      result = loss(inputs)
      result = BatchLoss(result.loss.cast(to: .float32), sums: result.sums)
      return precision.scaler?.scaled(result.loss) ?? result.loss
    }
    return (result, gradients)
  }
}
