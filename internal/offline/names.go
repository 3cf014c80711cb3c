package offline

import (
	"fmt"
	"strings"
)

// culture is what people of one language are called, and where they can be reached. The numbers are in ranges that are kept free for
// fiction, the domains are reserved for examples.
type culture struct {
	language string
	share    int // of a hundred end users
	first    string
	last     string
	phone    string // format for a number below 600
	money    string // format for whole units and hundredths
	date     string // layout
}

var cultures = []culture{
	{"en", 42, "Emma Oliver Amelia Jack Isla Harry Grace George Chloe Noah Ruby Leo Hannah Daniel Sophie Adam Megan Ryan",
		"Clarke Smith Patel Jones Taylor Brown Wilson Evans Walker Wright Hughes Green Hall Wood Harris Lewis Khan Murphy",
		"+447700900%03d", "£%d.%02d", "2 January 2006"},
	{"da", 16, "Freja Mads Ida Rasmus Laura Emil Clara Mikkel Sofie Anders Maja Jonas Astrid Frederik",
		"Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Madsen Kristensen Olsen Møller",
		"+447700901%03d", "%d,%02d kr.", "02.01.2006"},
	{"de", 14, "Lena Lukas Anna Jonas Mia Felix Julia Paul Katharina Stefan Claudia Thomas Marie Florian",
		"Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Hoffmann Schäfer Koch Richter Klein Wolf",
		"+493023125%03d", "%d,%02d EUR", "02.01.2006"},
	{"fr", 10, "Camille Hugo Léa Louis Manon Gabriel Chloé Arthur Inès Jules Sarah Nathan",
		"Martin Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Simon Laurent Lefebvre",
		"+33639981%03d", "%d,%02d EUR", "02/01/2006"},
	{"es", 8, "Lucía Hugo María Mateo Carmen Pablo Paula Álvaro Elena Diego Sara Javier",
		"García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Ruiz Díaz Moreno",
		"+447700902%03d", "%d,%02d EUR", "02/01/2006"},
	{"sv", 10, "Alice Lucas Elsa William Maja Oscar Ebba Hugo Linnea Axel Wilma Gustav",
		"Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Lindberg Holm",
		"+447700903%03d", "%d,%02d kr", "2006-01-02"},
}

// cultureOf is the culture of a language; the first stands for those without.
func cultureOf(language string) culture {
	for _, c := range cultures {
		if c.language == language {
			return c
		}
	}
	return cultures[0]
}

var domains = []string{"example.com", "example.org", "example.net"}

var ascii = strings.NewReplacer("ø", "oe", "Ø", "Oe", "å", "aa", "æ", "ae", "ü", "ue", "ö", "oe", "ä", "ae", "é", "e", "è", "e",
	"í", "i", "á", "a", "Á", "A", "ó", "o", "ñ", "n", "ú", "u").Replace

// mailbox is an e-mail address for a name. The number makes it unique.
func mailbox(first, last string, n int) string {
	local := strings.ToLower(ascii(first + "." + last))
	if n >= 200 {
		local = fmt.Sprintf("%s%d", local, n)
	}
	return local + "@" + domains[n%len(domains)]
}
