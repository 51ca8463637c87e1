// The texts of the shop in Russian, and the tag of the chat for the desk in the address: ?desk=http://localhost:3000
const russian = {
  lamps: 'Светильники', care: 'Ремонт', delivery: 'Доставка', ask: 'Спросить', title: 'Свет, который остаётся',
  lead: 'Светильники, которые можно починить. Любую деталь можно купить ещё двадцать лет, и вам всегда ответят.',
  which: 'Какой подойдёт для моей комнаты?', fjord: 'Подвесной, зелёная эмаль', ember: 'Настольный, красная глина', nord: 'Напольный, ночной синий',
  sol: 'Настенный, латунь', careTitle: 'Что-то сломалось?', careBody: 'Пришлите фото в чат. Большинство деталей уходит в тот же день.',
  footer: 'Демонстрационная страница на своём адресе, как и ваш сайт. Чат в углу — Switchboard.',
};
if (navigator.language.startsWith('ru')) {
  document.documentElement.lang = 'ru';
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = russian[element.dataset.t];
}

const given = new URLSearchParams(location.search);
const desk = given.get('desk');
if (desk && /^https?:\/\//.test(desk)) {
  const script = document.createElement('script');
  script.async = true;
  script.src = `${desk.replace(/\/$/, '')}/widget.js`;
  script.dataset.color = given.get('color') ?? '#2f6f62';
  for (const name of ['appKey', 'language', 'theme', 'position', 'userId', 'userName', 'userHash']) if (given.has(name)) script.dataset[name] = given.get(name);
  document.head.append(script);
}
for (const button of document.querySelectorAll('[data-chat]')) button.addEventListener('click', () => window.Switchboard?.open());
