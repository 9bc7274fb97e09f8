package main

import "github.com/cloudquery/plugin-sdk/v4/schema"

func writePackage(queries, dir string, tables schema.Tables) error { return nil }
