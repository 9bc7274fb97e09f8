package forecasts

import "errors"

// IsContent tells whether err says that a result, read without fault, is not what it should be.
func IsContent(err error) bool {
	return is[*WrongQuarterError](err) || is[*UnknownQuarterError](err) || is[*MissingIDError](err) || is[*ConflictError](err) || IsDamaged(err)
}

// IsDamaged tells whether that may have come about on its way here: a page of a gateway's, or half a result.
func IsDamaged(err error) bool {
	return is[*UnknownShapeError](err) || is[*MalformedError](err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
