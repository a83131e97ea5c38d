/**
 * Finds the route of a request. Segments are compared one by one; a trailing slash counts.
 */

export interface Pattern {
  readonly method: string
  readonly pattern: string
}

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    // a malformed escape is taken as it is: no id looks like that
    return segment
  }
}

/** The parameters when the path fits the pattern, else undefined. */
export const match = (pattern: string, path: string): Readonly<Record<string, string>> | undefined => {
  const wanted = pattern.split("/")
  const given = path.split("/")
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? ""
    if (segment.startsWith(":")) {
      if (value === "") return undefined
      params[segment.slice(1)] = decode(value)
    } else if (segment !== value) return undefined
  }
  return params
}

/** The first route that fits; routes with fewer parameters are to be listed first. */
export const find = <R extends Pattern>(
  routes: ReadonlyArray<R>,
  method: string,
  path: string,
): { readonly route: R; readonly params: Readonly<Record<string, string>> } | undefined => {
  for (const route of routes) {
    if (route.method !== method) continue
    const params = match(route.pattern, path)
    if (params !== undefined) return { route, params }
  }
  return undefined
}

/** The methods that are known for a path, for a 405. */
export const methods = (routes: ReadonlyArray<Pattern>, path: string): ReadonlyArray<string> =>
  routes.filter((route) => match(route.pattern, path) !== undefined).map((route) => route.method)
