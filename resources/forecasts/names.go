package forecasts

// EntriesTable is the name of the table that the others explain.
const EntriesTable = "clari_forecast_entries"

// ResultTables are the names of the tables whose rows come from an export's result.
var ResultTables = []string{entriesTable.Name, usersTable.Name, fieldsTable.Name, timePeriodsTable.Name, timeFramesTable.Name}
