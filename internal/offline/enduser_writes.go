package offline

var userWriteRoutes = []route{
	{pattern: "POST /v1/endusers/bulk", status: 201, handle: createUsers},
	{pattern: "PUT /v1/endusers", status: 200, handle: replaceUsers},
	{pattern: "PATCH /v1/endusers", status: 200, handle: patchUsers},
	{pattern: "PUT /v1/endusers/{userId}", status: 200, handle: replaceUser},
}

type (
	replaceUserIn struct {
		DisplayName string `wire:"displayName,required"`
		contactIn
	}
	replaceUsersIn struct {
		ID string `wire:"id,required,uuid"`
		replaceUserIn
	}
	patchUsersIn struct {
		ID string `wire:"id,required,uuid"`
		userIn
	}
)

// apply sets what is given and clears what is not: the whole is replaced.
func (in replaceUserIn) apply(p *person) {
	in.clear(p)
	p.Email, p.ExternalID = "", ""
	userIn{&in.DisplayName, in.contactIn}.apply(p)
}

func createUsers(c *call) (any, error) {
	in, err := decode[struct {
		Data []userIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []outcome{}
	for _, one := range in.Data {
		if u, problem := c.newUser(one); problem != "" {
			id := c.newID()
			outcomes = append(outcomes, failed("Validation", id, "Create EndUser [userId="+id+"] in [orgId="+c.org.id+"] failed with [errors="+problem+"]"))
		} else {
			outcomes = append(outcomes, succeeded(c.userInfo(u)))
		}
	}
	return data{Data: outcomes}, nil
}

func replaceUsers(c *call) (any, error) {
	in, err := decode[struct {
		Data []replaceUsersIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []outcome{}
	for _, one := range in.Data {
		outcomes = append(outcomes, c.changeUserOf(one.ID, one.apply))
	}
	return data{Data: outcomes}, nil
}

func patchUsers(c *call) (any, error) {
	in, err := decode[struct {
		Data []patchUsersIn `wire:"data"`
	}](c)
	if err != nil {
		return nil, err
	}
	outcomes := []outcome{}
	for _, one := range in.Data {
		outcomes = append(outcomes, c.changeUserOf(one.ID, one.apply))
	}
	return data{Data: outcomes}, nil
}

// changeUserOf changes one end user of a bulk request.
func (c *call) changeUserOf(id string, apply func(*person)) outcome {
	u := c.users.byID[lower(id)]
	if u == nil {
		return failed("NotFound", id, "EndUser not found")
	}
	if problem := c.tryUser(u, apply); problem != "" {
		return failed("Validation", id, "Updating EndUser [id="+id+"] in [org="+c.org.id+"] failed with [errors="+problem+"]")
	}
	return succeeded(c.userInfo(u))
}

func replaceUser(c *call) (any, error) {
	u, err := c.users.get(c.id("userId"))
	if err != nil {
		return nil, err
	}
	in, err := decode[replaceUserIn](c)
	if err != nil {
		return nil, err
	}
	return c.changeUser(u, in.apply)
}
