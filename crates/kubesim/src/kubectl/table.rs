//! Columns that line up. Models Go's `text/tabwriter` and `github.com/liggitt/tabwriter`, which remembers widths.

/// How wide columns are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TabWriter {
    /// A cell is at least so wide, padding included.
    min_width: usize,
    /// Spaces after a cell.
    padding: usize,
    /// The widths that columns have had so far, if they are remembered.
    remembered: Option<Vec<usize>>,
}

impl TabWriter {
    /// As `kubectl get` prints tables: three spaces between columns, which never become narrower again.
    pub fn table() -> TabWriter {
        TabWriter { min_width: 6, padding: 3, remembered: Some(Vec::new()) }
    }

    /// As `kubectl describe` prints: two spaces between columns.
    pub fn description() -> TabWriter {
        TabWriter { min_width: 0, padding: 2, remembered: None }
    }

    /// Lines up a text whose cells end with tabs. A column is a block of neighbouring lines that have a cell there; what
    /// follows a line's last tab belongs to no column.
    pub fn align(&mut self, text: &str) -> String {
        let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
        let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len() - 1]).collect();
        let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
        for column in 0..columns {
            let mut from = 0;
            while from < lines.len() {
                let block = lines[from..].iter().take_while(|cells| cells.len() > column + 1).count();
                let cell_widths = lines[from..from + block].iter().map(|c| c[column].chars().count());
                if let Some(widest) = cell_widths.max() {
                    let width = self.remember(column, (widest + self.padding).max(self.min_width));
                    widths[from..from + block].iter_mut().for_each(|w| w[column] = width);
                }
                from += block.max(1);
            }
        }
        let mut out = String::with_capacity(text.len() * 2);
        for (n, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
            if n > 0 {
                out.push('\n');
            }
            for (column, cell) in cells.iter().enumerate() {
                out.push_str(cell);
                if let Some(width) = widths.get(column) {
                    out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
                }
            }
        }
        out
    }

    /// The width of a column that needs this one.
    fn remember(&mut self, column: usize, width: usize) -> usize {
        let Some(remembered) = &mut self.remembered else { return width };
        if remembered.len() <= column {
            remembered.resize(column + 1, 0);
        }
        remembered[column] = remembered[column].max(width);
        remembered[column]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_table_stay_as_wide_as_they_were() {
        let mut table = TabWriter::table();
        assert_eq!(
            table.align("NAME\tPORTS\tAGE\nflask\t80\t1s\n"),
            "NAME    PORTS   AGE\nflask   80      1s\n"
        );
        assert_eq!(table.align("a\t<unset>\t2s\n"), "a       <unset>   2s\n");
        assert_eq!(table.align("a\t80\t2s\n"), "a       80        2s\n");
    }

    #[test]
    fn a_column_of_a_description_is_a_block_of_neighbouring_lines() {
        let text = "Name:\tflask\nLong name:\tx\nnothing\nA:\tb\n  C:\td\te\n";
        let aligned = "Name:       flask\nLong name:  x\nnothing\nA:    b\n  C:  d  e\n";
        assert_eq!(TabWriter::description().align(text), aligned);
    }
}
