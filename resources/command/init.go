package command

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cq-source-clari/cq-source-clari/resources/destination"
)

//go:embed init.yml.tmpl
var initText string

var initTemplate = template.Must(template.New("init").Parse(initText))

// wish is what somebody wants of a new spec.
type wish struct {
	Variable    string   // of the environment, with the token
	Tabs        []string // ids, or addresses
	To          destination.Profile
	FiscalMonth int // 0: not said
	Program     string
}

func initCommand(env Env) *cobra.Command {
	w, to, file := wish{}, "", ""
	c := &cobra.Command{
		Use: "init", Short: "Write a spec: ask for the tabs and the destination, and check the answers",
		Long: `Write a spec, and check it. At a terminal it asks; elsewhere the flags say everything. A file
that is there already stays as it is.`,
		Example: `  # Be asked
  cq-source-clari init

  # Say it all
  cq-source-clari init --tab net_arr --tab https://app.clari.com/forecast/renewals --destination bigquery`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SilenceUsage = true
			if in, ok := cmd.InOrStdin().(*os.File); len(w.Tabs) == 0 && (!ok || term.IsTerminal(int(in.Fd()))) {
				if err := w.ask(cmd.InOrStdin(), cmd.OutOrStdout(), &to); err != nil {
					return err
				}
			}
			if err := w.complete(to); err != nil {
				return err
			}
			if err := w.write(file); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s\n", file)
			e := examine(cmd.Context(), []string{file}, env)
			if err := e.write(cmd.OutOrStdout()); err != nil {
				return err
			}
			return refusal("init", e.failed())
		},
	}
	c.Flags().StringVar(&w.Variable, "token-variable", "CLARI_API_KEY", "`variable` of the environment that has the token")
	c.Flags().StringArrayVar(&w.Tabs, "tab", nil, "`id` of a forecast tab, or its whole address; may be given several times")
	c.Flags().StringVar(&to, "destination", "sqlite", "`name` of the destination: "+strings.Join(profileNames(), ", "))
	c.Flags().IntVar(&w.FiscalMonth, "fiscal-month", 0, "`month` (1 to 12) in which the fiscal year begins")
	c.Flags().StringVarP(&file, "output", "o", "clari.yml", "`file` to write")
	return c
}

func profileNames() (names []string) {
	for _, p := range destination.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

// ask asks for everything, one line each. An empty answer takes what stands in brackets.
func (w *wish) ask(in io.Reader, out io.Writer, to *string) error {
	lines := bufio.NewScanner(in)
	question := func(text, usual string) (string, error) {
		if fmt.Fprint(out, text); usual != "" {
			fmt.Fprintf(out, " [%s]", usual)
		}
		fmt.Fprint(out, ": ")
		if !lines.Scan() {
			return "", errors.Join(errors.New("init: no answer: nothing was written"), lines.Err())
		}
		if answer := strings.TrimSpace(lines.Text()); answer != "" {
			return answer, nil
		}
		return usual, nil
	}
	var err error
	if w.Variable, err = question("Variable of the environment that has the Clari token", w.Variable); err != nil {
		return err
	}
	tabs, err := question("Forecast tabs: ids or whole addresses, with spaces between", "")
	if err != nil {
		return err
	}
	w.Tabs = strings.FieldsFunc(tabs, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	if *to, err = question("Destination ("+strings.Join(profileNames(), ", ")+")", *to); err != nil {
		return err
	}
	month, err := question("Month (1 to 12) in which your fiscal year begins; empty if you do not know", "")
	if err != nil || month == "" {
		return err
	}
	if w.FiscalMonth, err = strconv.Atoi(month); err != nil {
		return fmt.Errorf("init: %q is no month: write a number from 1 to 12", month)
	}
	return nil
}

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	addressForm = regexp.MustCompile(`/forecast/([^/?#\s]+)`)
)

// complete makes ids of addresses, and refuses what no spec can be made of.
func (w *wish) complete(to string) error {
	if !nameForm.MatchString(w.Variable) {
		return fmt.Errorf("init: %q is no name of a variable: a spec holds the name, never the token itself", clip(w.Variable))
	}
	if len(w.Tabs) == 0 {
		return errors.New("init: no forecast tab: give --tab with its id or its address")
	}
	for i, tab := range w.Tabs {
		if m := addressForm.FindStringSubmatch(tab); m != nil {
			w.Tabs[i] = m[1]
		} else if strings.Contains(tab, "://") {
			return fmt.Errorf("init: %s is no address of a forecast tab: those have /forecast/ in them", tab)
		}
	}
	slices.Sort(w.Tabs)
	w.Tabs = slices.Compact(w.Tabs)
	i := slices.Index(profileNames(), to)
	if i < 0 {
		return fmt.Errorf("init: %q is none of %s", to, strings.Join(profileNames(), ", "))
	}
	w.To = destination.Profiles()[i]
	if w.FiscalMonth < 0 || w.FiscalMonth > 12 {
		return fmt.Errorf("init: %d is no month: write a number from 1 to 12", w.FiscalMonth)
	}
	program, err := os.Executable()
	w.Program = program
	return err
}

// clip shows at most the first letters of what may be a token.
func clip(text string) string { return text[:min(len(text), 4)] + "..." }

// State reports whether the destination keeps the state itself.
func (w *wish) State() bool { return w.To.State != destination.NoState }

// write makes the file, which must not be there.
func (w *wish) write(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("init: %s is there already: give another name with --output, or remove it", path)
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return errors.Join(initTemplate.Execute(file, w), file.Close())
}
