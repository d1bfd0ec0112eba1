const ko = {
  legend: '동의',
  terms: '이용약관에 동의해요 (필수)',
  privacy: '개인정보 수집과 이용에 동의해요 (필수)',
  read: '보기',
  'terms.read': '이용약관 보기 (새 창)',
  'privacy.read': '개인정보 처리방침 보기 (새 창)',
  'terms.name': '이용약관',
  'privacy.name': '개인정보 처리방침',
  byProvider: '이 버튼으로 가입하면 여기에 동의하는 것으로 볼게요:',
  missing: '필수 항목에 동의해 주세요',
};
const en: typeof ko = {
  legend: 'Agreement',
  terms: 'I agree to the terms of use (required)',
  privacy: 'I agree to how my data is used (required)',
  read: 'Read',
  'terms.read': 'Read the terms of use (new window)',
  'privacy.read': 'Read the privacy policy (new window)',
  'terms.name': 'terms of use',
  'privacy.name': 'privacy policy',
  byProvider: 'Joining with one of these buttons means that you agree to:',
  missing: 'Please agree to what is required',
};
export const consentTexts = { ko, en };
