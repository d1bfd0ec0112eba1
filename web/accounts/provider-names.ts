import type { ProviderName } from '#contracts/accounts.ts';

export const namesOfProviders: Record<ProviderName, { ko: string; en: string }> = {
  kakao: { ko: '카카오', en: 'Kakao' },
  naver: { ko: '네이버', en: 'Naver' },
  google: { ko: 'Google', en: 'Google' },
  github: { ko: 'GitHub', en: 'GitHub' },
};
