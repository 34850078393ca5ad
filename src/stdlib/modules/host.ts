export const hostModule: string = `
// Tools that the host brings along.

pub fn host_tools() {
  return host_tool_list()
}

/** The host's tool of a name; nil without one. */
pub fn host_tool_lookup(name: string) {
  return host_tool_list().find({ each -> each?.name == name })
}

pub fn host_tool_available(name: string) -> bool {
  return host_tool_lookup(name) != nil
}
`;
