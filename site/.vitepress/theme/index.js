import DefaultTheme from 'vitepress/theme';
// A style has nothing to give a name to.
// oxlint-disable-next-line import/no-unassigned-import
import './style.css';

export default DefaultTheme;
