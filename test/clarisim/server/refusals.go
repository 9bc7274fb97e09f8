package server

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/cq-source-clari/cq-source-clari/test/clarisim/tenant"
)

// Refuse answers with an error as the export endpoints write them.
func (x *Exchange) Refuse(status int, code, namespace, message string) {
	x.JSON(status, object{
		"code": code, "namespace": namespace, "message": message, "orgId": 101,
		"errorId": fmt.Sprintf("%x-sim", tenant.Mix(uint64(len(message)), uint64(len(code)))),
	})
}

// What follows is said in the same words where the API means it and where a fault makes it say so.

// RefuseKey is what a key hears that is not known.
func (x *Exchange) RefuseKey() {
	x.JSON(http.StatusUnauthorized, object{"message": "Invalid authentication credentials"})
}

// RefuseRate is what a key hears that asks too often.
func (x *Exchange) RefuseRate() {
	x.JSON(http.StatusTooManyRequests, object{"error": "API rate limit exceeded"})
}

// RefuseQuota is what a creation hears for a full queue and for a spent quota alike.
func (x *Exchange) RefuseQuota() {
	x.server.mu.Lock()
	text := fmt.Sprintf("The monthly quota limit of %d or concurrent limit of %d has been reached.", x.server.cfg.Monthly, x.server.cfg.Concurrent)
	x.server.mu.Unlock()
	x.Refuse(http.StatusBadRequest, "export_monthly_quota_reached", "exports", text)
}

// RefuseUser is what a user hears who does not take part in forecasting.
func (x *Exchange) RefuseUser() {
	text := fmt.Sprintf("No optins for scope %s for forecast '%s'.", cmp.Or(x.ScopeID, "1::MGR"), x.Forecast)
	x.Refuse(http.StatusUnauthorized, "no_optin", "fcw", text)
}

// RefuseForecast is what a creation hears for a forecast tab that does not exist.
func (x *Exchange) RefuseForecast() {
	x.Refuse(http.StatusBadRequest, "no_such_forecast_config", "fcw", "Forecast "+x.Forecast+" does not exist in the ForecastTemplate.")
}

// RefuseTypes is what a creation hears that asks for crm_total or crm_closed where there are none.
func (x *Exchange) RefuseTypes() {
	x.Refuse(http.StatusBadRequest, "type_not_supported", "fcw", "CRM Totals and CRM Closed are not supported typeToExport values for Export API. "+
		"Please see Forecast API documentation if you'd like to retrieve CRM Totals or CRM Closed values.")
}

// RefuseEarly is what a request for results hears before the job is done.
func (x *Exchange) RefuseEarly() {
	x.Refuse(http.StatusBadRequest, "invalid_jobId", "exports", "Cannot retrieve data for job because it has not finished executing.")
}

// RefuseAudit is what a user hears who may not see audit events.
func (x *Exchange) RefuseAudit() {
	x.JSON(http.StatusForbidden, object{"errors": []object{{"status": "403", "message": "You do not have the rights to view audit events."}}})
}
