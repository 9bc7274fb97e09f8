package server

import (
	"fmt"
	"net/http"
	"slices"
)

// opportunities answers a look-up.
func (s *Server) opportunities(x *Exchange) {
	ids := x.Request.URL.Query()["oppId"]
	around := s.around
	bad := slices.IndexFunc(ids, func(id string) bool { return around.BadOpportunity != nil && around.BadOpportunity(id) })
	refuse := func(text string) {
		x.JSON(http.StatusBadRequest, []object{{"statusCode": 400, "reaspnPhrase": "Bad Request", "description": text, "details": "oppId"}})
	}
	switch {
	case len(ids) == 0:
		refuse("oppId is required.")
		return
	case len(ids) > 100:
		refuse("At most 100 oppIds may be given.")
		return
	case bad >= 0:
		refuse(fmt.Sprintf("oppId %s is not valid.", ids[bad]))
		return
	}
	list := []object{}
	for _, id := range ids {
		if around.NoOpportunity == nil || !around.NoOpportunity(id) {
			list = append(list, around.Opportunity(id).Object())
		}
	}
	if around.OpportunityWrap == "" {
		x.JSON(http.StatusOK, list)
		return
	}
	x.JSON(http.StatusOK, object{around.OpportunityWrap: list})
}
