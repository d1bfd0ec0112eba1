/** First path segments that belong to the server; in development they are handed on to it. */
export const apiPrefixes = [
  '/accounts',
  '/admin',
  '/bots',
  '/chat',
  '/docs',
  '/health',
  '/keys',
  '/metrics',
  '/models',
  '/openapi.json',
  '/quote',
  '/redoc',
  '/s',
  '/sessions',
  '/usage',
  '/v1',
];
