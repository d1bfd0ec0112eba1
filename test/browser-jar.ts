/** Walks links as a browser does: keeps cookies for each origin, follows redirects one at a time. */
export interface Jar {
  /** One request; cookies of its origin go along, those of its answer are kept. */
  open(url: string, init?: RequestInit): Promise<Response>;
  cookie(name: string): string | undefined;
  setCookie(origin: string, name: string, value: string): void;
}

export function createJar(headers: Record<string, string> = {}): Jar {
  const kept = new Map<string, Map<string, string>>();
  const cookiesOf = (origin: string) => {
    const cookies = kept.get(origin) ?? new Map<string, string>();
    kept.set(origin, cookies);
    return cookies;
  };
  return {
    open: async (url, init = {}) => {
      const { origin } = new URL(url);
      const cookies = cookiesOf(origin);
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, {
        redirect: 'manual',
        ...init,
        headers: { accept: 'text/html', ...headers, ...(cookie ? { cookie } : {}), ...init.headers },
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';', 1);
        const [name = '', value = ''] = pair.split(/=(.*)/s);
        if (/max-age=0/i.test(line) || value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      return response;
    },
    cookie: (name) => [...kept.values()].map((cookies) => cookies.get(name)).find((value) => value !== undefined),
    setCookie: (origin, name, value) => void cookiesOf(origin).set(name, value),
  };
}
