package forecasts

import "errors"

// IsContent tells whether err says that a result, read without fault, is not what it should be: reading it again gives the same.
func IsContent(err error) bool {
	return is[*WrongQuarterError](err) || is[*UnknownQuarterError](err) || is[*UnknownShapeError](err) || is[*MalformedError](err) ||
		is[*MissingIDError](err) || is[*ConflictError](err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
