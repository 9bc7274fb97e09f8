package main
import ("testing";"runtime";"syscall";"time";"context";"github.com/apache/arrow/go/v17/arrow";"github.com/cq-source-clari/cq-source-clari/resources/forecasts";"github.com/cq-source-clari/cq-source-clari/resources/table"
pb "github.com/cloudquery/plugin-pb-go/pb/plugin/v3")
func cpuNow() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Utime.Nano()+r.Stime.Nano()) }
func TestZZ(t *testing.T){
 b:=&bench{Context:t.Context(),dir:t.TempDir()}
 runtime.GOMAXPROCS(1)
 for _,e:=range encodings {
  r,_:=b.result(e,1000)
  stage:=func(name string,f func()){ best:=time.Hour; for range 6 { runtime.GC(); s:=cpuNow(); f(); best=min(best,cpuNow()-s)}; t.Logf("%-24s %-14s %.3f s cpu, %.0f ns/entry, %.2fM lines/s",e.name,name,best.Seconds(),float64(best.Nanoseconds())/float64(r.entries), float64(r.lines)/best.Seconds()/1e6)}
  stage("whole",func(){ r.land(t.Context())})
  stage("inspect",func(){ inspect(t.Context(),r)})
  var recs []arrow.Record
  stage("inspect+emit",func(){ recs=nil; tables := forecasts.NewTables(func(string) bool { return true }, table.Options{}, func(_ context.Context, record arrow.Record) error { recs=append(recs,record); return nil}); f,_:=forecasts.Inspect(t.Context(), r.section(), r.asked()); f.Emit(t.Context(),forecasts.Origin{ForecastID:tab},tables)})
  stage("ipc",func(){ for _,x:=range recs { pb.RecordToBytes(x)}})
  if e.format=="csv" { stage("cells",func(){readCells(t.Context(),r)}) } else {stage("tokens",func(){readTokens(t.Context(),r)})}
  r.close()
 }
}
