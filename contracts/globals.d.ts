/** What browsers and Node both have, and the contracts may use: https://url.spec.whatwg.org/. */
declare class URL {
  constructor(url: string, base?: string);
  static canParse(url: string, base?: string): boolean;
  readonly origin: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}
