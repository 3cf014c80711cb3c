// Package fiction holds what the help desk of the offline Dixa is made of: what people are called in six languages, what they write,
// and its articles and templates, with the random numbers that choose among them.
package fiction

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Culture is what people of one language are called, where they can be reached, and how they write numbers, prices and dates. The
// numbers are in ranges that are kept free for fiction or are not assigned, the domains are reserved for examples.
type Culture struct {
	Language string
	Share    int // of a hundred end users
	First    []string
	Last     []string
	Phone    func(n int) string // a number for the n-th person of the culture
	rate     int                // units of the currency for 100 pounds
	step     int                // prices are rounded to so many units
	money    string             // format of a price, of thousands if any and the rest
	cents    bool               // prices keep their hundredths
	Date     string             // layout
	When     string             // layout of a date with a time, as mail programs write it
	region   string             // time zone
	Location [][]string         // values of the attribute location
	Days     []string           // names of weekdays, Sunday first
}

var Cultures = []Culture{
	{"en", 42, strings.Fields("Emma Oliver Amelia Jack Isla Harry Grace George Chloe Noah Ruby Leo Hannah Daniel Sophie Adam Megan Ryan"),
		strings.Fields("Clarke Smith Patel Jones Taylor Brown Wilson Evans Walker Wright Hughes Green Hall Wood Harris Lewis Khan Murphy"),
		numbered("+447700900%03d"), 100, 1, "£%s", true, "2 January 2006", "Mon, 2 Jan 2006 at 15:04", "Europe/London",
		[][]string{{"uk", "london"}, {"uk", "bristol"}, {"uk"}},
		strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday")},
	{"da", 16, strings.Fields("Freja Mads Ida Rasmus Laura Emil Clara Mikkel Sofie Anders Maja Jonas Astrid Frederik"),
		strings.Fields("Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Madsen Kristensen Olsen Møller"),
		numbered("+4537550%03d"), 860, 10, "%s,00 kr.", false, "02.01.2006", "02.01.2006 kl. 15.04", "Europe/Copenhagen",
		[][]string{{"denmark", "copenhagen"}, {"denmark", "aarhus"}, {"denmark"}},
		strings.Fields("søndag mandag tirsdag onsdag torsdag fredag lørdag")},
	{"de", 14, strings.Fields("Lena Lukas Anna Jonas Mia Felix Julia Paul Katharina Stefan Claudia Thomas Marie Florian"),
		strings.Fields("Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Hoffmann Schäfer Koch Richter Klein Wolf"),
		numbered("+493023125%03d"), 118, 5, "%s,00 €", false, "02.01.2006", "02.01.2006 um 15:04", "Europe/Berlin", [][]string{{"germany"}},
		strings.Fields("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag")},
	{"fr", 10, strings.Fields("Camille Hugo Léa Louis Manon Gabriel Chloé Arthur Inès Jules Sarah Nathan"),
		strings.Fields("Martin Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Simon Laurent Lefebvre"),
		numbered("+33639981%03d"), 118, 5, "%s,00 €", false, "02/01/2006", "02/01/2006 à 15:04", "Europe/Paris", [][]string{{"france"}},
		strings.Fields("dimanche lundi mardi mercredi jeudi vendredi samedi")},
	{"es", 8, strings.Fields("Lucía Hugo María Mateo Carmen Pablo Paula Álvaro Elena Diego Sara Javier"),
		strings.Fields("García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Ruiz Díaz Moreno"),
		numbered("+34555010%03d"), 118, 5, "%s,00 €", false, "02/01/2006", "02/01/2006 a las 15:04", "Europe/Madrid", [][]string{{"spain"}},
		strings.Fields("domingo lunes martes miércoles jueves viernes sábado")},
	{"sv", 10, strings.Fields("Alice Lucas Elsa William Maja Oscar Ebba Hugo Linnea Axel Wilma Gustav"),
		strings.Fields("Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Lindberg Holm"),
		swedish, 1340, 10, "%s kr", false, "2006-01-02", "2006-01-02 kl. 15:04", "Europe/Stockholm", [][]string{{"sweden"}},
		strings.Fields("söndag måndag tisdag onsdag torsdag fredag lördag")},
}

func numbered(format string) func(int) string {
	return func(n int) string { return fmt.Sprintf(format, n) }
}

// swedish numbers are in the ranges that Sweden keeps for fiction, of a hundred numbers each.
func swedish(n int) string {
	return fmt.Sprintf("%s%02d", []string{"+463139006", "+464062804", "+468465004", "+469803192"}[n/100%4], n%100)
}

// CultureOf returns the culture of a language, or the first one for a language without its own.
func CultureOf(language string) *Culture {
	for i := range Cultures {
		if Cultures[i].Language == language {
			return &Cultures[i]
		}
	}
	return &Cultures[0]
}

// Price writes an amount of pence in the currency of the culture, rounded as shops round.
func (c *Culture) Price(pence int) string {
	if c.cents {
		return fmt.Sprintf(c.money, fmt.Sprintf("%d.%02d", pence/100, pence%100))
	}
	units := (pence*c.rate/10000+c.step/2)/c.step*c.step - 1
	if units < 1000 {
		return fmt.Sprintf(c.money, fmt.Sprint(units))
	}
	separator := "."
	if c.Language == "sv" {
		separator = " "
	}
	return fmt.Sprintf(c.money, fmt.Sprintf("%d%s%03d", units/1000, separator, units%1000))
}

// zones are loaded once: the program has them in it, and each use would read them again.
var zones sync.Map

func ZoneOf(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z = time.UTC // cannot be: the zones are in the program
	}
	zones.Store(name, z)
	return z
}

func (c *Culture) Zone() *time.Location { return ZoneOf(c.region) }

var Domains = []string{"example.com", "example.org", "example.net"}

var ascii = strings.NewReplacer("ø", "oe", "Ø", "Oe", "å", "aa", "æ", "ae", "ü", "ue", "ö", "oe", "ä", "ae", "é", "e", "è", "e",
	"í", "i", "á", "a", "Á", "A", "ó", "o", "ñ", "n", "ú", "u").Replace

// Mailbox returns an e-mail address for a name. The number makes it unique.
func Mailbox(first, last string, n int) string {
	local := strings.ToLower(ascii(first + "." + last))
	if n >= 200 {
		local = fmt.Sprintf("%s%d", local, n)
	}
	return local + "@" + Domains[n%len(Domains)]
}
